import type { LocalEc2, StateEntry } from '../../src/local-ec2/index.ts';
import { minimal } from '../helpers/ebs-bake.ts';

/** A template of the matrix, and what it leaves when it succeeds. */
export interface MatrixTemplate {
  readonly builder: object;
  readonly name: string;
  /** Regions that then have the image. */
  readonly regions: readonly string[];
  /** An image of that name is there before, in all the regions. */
  readonly replaces?: boolean;
}

const policy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] }],
};
const shared = {
  ami_users: ['123456789012'],
  snapshot_users: ['123456789012'],
  tags: { Team: 'web' },
  snapshot_tags: { Kept: 'yes' },
  deprecate_at: '2031-05-01T00:00:00Z',
};

/** From the plainest build to those that make everything. */
export const TEMPLATES: Readonly<Record<string, MatrixTemplate>> = {
  plain: { name: 'plain', regions: ['us-east-1'], builder: {} },
  copied: {
    name: 'copied',
    regions: ['eu-west-1', 'us-east-1', 'us-west-2'],
    builder: {
      ...shared,
      ami_regions: ['eu-west-1', 'us-west-2'],
      temporary_iam_instance_profile_policy_document: policy,
      launch_block_device_mappings: [{ device_name: '/dev/sda1', volume_size: 10, delete_on_termination: true }],
      deregistration_protection: { enabled: true },
    },
  },
  spot: {
    name: 'spot',
    regions: ['eu-west-1', 'us-east-1'],
    builder: {
      ami_regions: ['eu-west-1'],
      spot_price: 'auto',
      spot_tags: { Purpose: 'bake' },
      fleet_tags: { Purpose: 'bake' },
    },
  },
  replacing: {
    name: 'replacing',
    regions: ['eu-west-1', 'us-east-1'],
    replaces: true,
    builder: { ...shared, ami_regions: ['eu-west-1'], force_deregister: true, force_delete_snapshot: true },
  },
  encrypted: {
    name: 'encrypted',
    regions: ['us-east-1', 'us-west-2'],
    builder: {
      ...shared,
      ami_regions: ['us-west-2'],
      encrypt_boot: true,
      kms_key_id: 'alias/bake',
      region_kms_key_ids: { 'us-west-2': 'alias/bake' },
    },
  },
};

/** The whole template, for a server. */
export function templateFor(server: LocalEc2, { builder, name }: MatrixTemplate): object {
  const { ssh_username: _, ...rest } = minimal(server);
  return { builders: [{ ...rest, type: 'amazon-ebs', communicator: 'none', ami_name: name, ...builder }] };
}

/**
 * What an EC2 holds, one line per thing. Ids are left out, so that an image that was registered again looks like the one
 * it was; images and snapshots are counted per region, each image having one volume.
 */
export function inventory(server: LocalEc2): string[] {
  const lines = Object.entries(server.state()).flatMap(([kind, entries]) =>
    (entries as readonly StateEntry[]).map(one => {
      if (kind === 'images') return `image "${one.name}" in ${one.region}: ${one.state}`;
      if (kind === 'snapshots') return `snapshot in ${one.region}`;
      return `${kind}: ${one.id} ${one.name ?? ''} in ${one.region}`;
    }),
  );
  return lines.sort();
}

/** What the EC2 holds once the template's images are made, and nothing else. */
export function wanted({ name, regions }: MatrixTemplate): string[] {
  return [
    ...regions.map(region => `image "${name}" in ${region}: available`),
    ...regions.map(region => `snapshot in ${region}`),
  ].sort();
}
