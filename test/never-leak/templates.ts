import { SOURCE } from '../helpers/ebs-bake.ts';

/** Options every builder here has: no machine is behind the instances, so nothing connects. */
const common = {
  type: 'amazon-ebs',
  region: 'us-east-1',
  source_ami: SOURCE,
  instance_type: 't3.micro',
  communicator: 'none',
  ami_name: 'kill-{{user `id`}}',
};

const policy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] }],
};

function template(extra: object): object {
  return {
    variables: { id: '1' },
    builders: [{ ...common, ...extra }],
    'post-processors': [{ type: 'manifest', output: 'manifest.json' }],
  };
}

/** What the harness bakes: from the plainest build to those that make everything kiln can make. */
export const TEMPLATES: Readonly<Record<string, object>> = {
  plain: template({}),
  rich: template({
    ami_regions: ['eu-west-1', 'us-west-2'],
    encrypt_boot: true,
    kms_key_id: 'alias/kiln',
    region_kms_key_ids: { 'eu-west-1': 'alias/kiln', 'us-west-2': 'alias/kiln' },
    temporary_key_pair_name: 'kill-key-{{user `id`}}',
    temporary_iam_instance_profile_policy_document: policy,
    launch_block_device_mappings: [{ device_name: '/dev/sdf', volume_size: 1 }],
    tags: { Team: 'web' },
    run_tags: { Purpose: 'bake' },
    run_volume_tags: { Purpose: 'bake' },
    snapshot_tags: { Kept: 'yes' },
    ami_users: ['123456789012'],
    snapshot_users: ['123456789012'],
  }),
  spot: template({
    spot_price: 'auto',
    spot_tags: { Purpose: 'spot' },
    fleet_tags: { Purpose: 'fleet' },
    ami_regions: ['eu-west-1'],
  }),
  replace: template({
    ami_name: 'replaced',
    force_deregister: true,
    force_delete_snapshot: true,
    ami_regions: ['eu-west-1'],
  }),
};
