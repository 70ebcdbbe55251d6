import type { ResourceKind, ResourceRef } from '../sdk/resources.ts';
import { type Aws, createAws, type Ec2, type IamService } from './client/index.ts';
import { isKind } from './policy/aws-error.ts';
import { EXPIRES_TAG, RUN_TAG, tagMap } from './tags.ts';
import type { Tag } from './types.ts';

/** Something in an account that carries the tags of a kiln run. */
export interface TaggedResource {
  readonly ref: ResourceRef;
  readonly runId: string;
  readonly template: string;
  /** ISO 8601, or `never` for a finished product. */
  readonly expires: string;
  /** When AWS says it was made, ISO 8601; not all kinds tell. */
  readonly createdAt?: string | undefined;
}

/** Names of temporary roles and profiles: `packer-` and a UUID. */
const TEMPORARY_NAME = /^packer-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Things per answer: EC2 asks that long lists be read in pages, and gives none of them more than this for some kinds. */
const PAGE = 200;

/**
 * All that carries a kiln run's tags in a region, in the order in which it can be removed, however much it is.
 * Throws KilnError.
 */
export async function findTagged(region: string, signal: AbortSignal, pageSize = PAGE): Promise<TaggedResource[]> {
  const aws = await createAws({ region }, { local: false, secret: () => {} });
  const ec2 = aws.ec2(region);
  const at: Place = { ec2, signal, pageSize };
  const lists = await Promise.all([
    instances(at),
    volumes(at),
    images(at),
    snapshots(at),
    launchTemplates(at),
    keyPairs(at),
    securityGroups(at),
  ]);
  return lists.flat();
}

/** Temporary roles and instance profiles of kiln runs. IAM has no regions; `region` only says where the client is made. */
export async function findTaggedIam(region: string, signal: AbortSignal): Promise<TaggedResource[]> {
  const aws: Aws = await createAws({ region }, { local: false, secret: () => {} });
  const iam = await aws.iam();
  const { account } = aws.ec2(region);
  const found: TaggedResource[] = [];
  const add = (
    kind: ResourceKind,
    name: string,
    tags: readonly Tag[] | undefined,
    at: Date | undefined,
    parts: Readonly<Record<string, string>> = {},
  ): void => {
    const one = tagged({ kind, account, id: name, name, with: parts }, tags, at);
    if (one) found.push(one);
  };
  for (const name of await temporaryNames(iam, 'profiles', signal)) {
    const profile = (await orUndefined(iam.getInstanceProfile({ InstanceProfileName: name }, signal)))?.InstanceProfile;
    for (const role of profile?.Roles ?? [])
      add('iam:role-in-profile', name, profile?.Tags, profile?.CreateDate, {
        role: role.RoleName ?? '',
        profile: name,
      });
    add('iam:instance-profile', name, profile?.Tags, profile?.CreateDate);
  }
  for (const name of await temporaryNames(iam, 'roles', signal)) {
    const role = (await orUndefined(iam.getRole({ RoleName: name }, signal)))?.Role;
    add('iam:role-policy', name, role?.Tags, role?.CreateDate, { role: name });
    add('iam:role', name, role?.Tags, role?.CreateDate);
  }
  return found;
}

async function temporaryNames(iam: IamService, what: 'roles' | 'profiles', signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = Marker ? { Marker } : {};
    const reply = what === 'roles' ? await iam.listRoles(page, signal) : await iam.listInstanceProfiles(page, signal);
    if ('Roles' in reply) names.push(...(reply.Roles ?? []).map(role => role.RoleName ?? ''));
    if ('InstanceProfiles' in reply)
      names.push(...(reply.InstanceProfiles ?? []).map(profile => profile.InstanceProfileName ?? ''));
    Marker = reply.IsTruncated ? reply.Marker : undefined;
  } while (Marker);
  return names.filter(name => TEMPORARY_NAME.test(name));
}

async function orUndefined<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (isKind(error, 'not-found')) return undefined;
    throw error;
  }
}

const Filters = [{ Name: 'tag-key', Values: [RUN_TAG] }];

interface Place {
  readonly ec2: Ec2;
  readonly signal: AbortSignal;
  readonly pageSize: number;
}

/** All pages of a list; a page may be empty and not be the last one. */
async function everyPage<R extends { readonly NextToken?: string | undefined }, T>(
  { pageSize }: Place,
  ask: (page: { MaxResults: number; NextToken?: string }) => Promise<R>,
  items: (reply: R) => readonly T[] | undefined,
): Promise<T[]> {
  const all: T[] = [];
  let NextToken: string | undefined;
  do {
    const reply = await ask({ MaxResults: pageSize, ...(NextToken && { NextToken }) });
    all.push(...(items(reply) ?? []));
    NextToken = reply.NextToken;
  } while (NextToken);
  return all;
}

async function instances(at: Place): Promise<TaggedResource[]> {
  const { ec2, signal } = at;
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const found = await everyPage(
    at,
    page => ec2.describeInstances({ ...page, Filters: [...Filters, alive] }, signal),
    reply => reply.Reservations?.flatMap(one => one.Instances ?? []),
  );
  return found.flatMap(one => listed(ec2, 'ec2:instance', { id: one.InstanceId }, one.Tags, one.LaunchTime));
}

async function volumes(at: Place): Promise<TaggedResource[]> {
  const { ec2, signal } = at;
  const found = await everyPage(
    at,
    page => ec2.describeVolumes({ ...page, Filters }, signal),
    reply => reply.Volumes,
  );
  return found.flatMap(one => listed(ec2, 'ec2:volume', { id: one.VolumeId }, one.Tags, one.CreateTime));
}

async function images(at: Place): Promise<TaggedResource[]> {
  const { ec2, signal } = at;
  const found = await everyPage(
    at,
    page => ec2.describeImages({ ...page, Owners: ['self'], Filters }, signal),
    reply => reply.Images,
  );
  return found.flatMap(one => {
    const made = one.CreationDate ? new Date(one.CreationDate) : undefined;
    return listed(ec2, 'ec2:image', { id: one.ImageId, name: one.Name }, one.Tags, made);
  });
}

async function snapshots(at: Place): Promise<TaggedResource[]> {
  const { ec2, signal } = at;
  const found = await everyPage(
    at,
    page => ec2.describeSnapshots({ ...page, OwnerIds: ['self'], Filters }, signal),
    reply => reply.Snapshots,
  );
  return found.flatMap(one => listed(ec2, 'ec2:snapshot', { id: one.SnapshotId }, one.Tags, one.StartTime));
}

async function launchTemplates(at: Place): Promise<TaggedResource[]> {
  const { ec2, signal } = at;
  const found = await everyPage(
    at,
    page => ec2.describeLaunchTemplates({ ...page, Filters }, signal),
    reply => reply.LaunchTemplates,
  );
  return found.flatMap(one => {
    const names = { id: one.LaunchTemplateId, name: one.LaunchTemplateName };
    return listed(ec2, 'ec2:launch-template', names, one.Tags, one.CreateTime);
  });
}

/** EC2 gives all key pairs in one answer. */
async function keyPairs({ ec2, signal }: Place): Promise<TaggedResource[]> {
  const { KeyPairs = [] } = await ec2.describeKeyPairs({ Filters }, signal);
  return KeyPairs.flatMap(one =>
    listed(ec2, 'ec2:key-pair', { id: one.KeyPairId, name: one.KeyName }, one.Tags, one.CreateTime),
  );
}

async function securityGroups(at: Place): Promise<TaggedResource[]> {
  const { ec2, signal } = at;
  const found = await everyPage(
    at,
    page => ec2.describeSecurityGroups({ ...page, Filters }, signal),
    reply => reply.SecurityGroups,
  );
  return found.flatMap(one =>
    listed(ec2, 'ec2:security-group', { id: one.GroupId, name: one.GroupName }, one.Tags, undefined),
  );
}

function listed(
  ec2: Ec2,
  kind: ResourceKind,
  names: { readonly id: string | undefined; readonly name?: string | undefined },
  tags: readonly Tag[] | undefined,
  at: Date | undefined,
): TaggedResource[] {
  const { id, name } = names;
  const one = tagged({ kind, account: ec2.account, ...(id && { id }), ...(name && { name }) }, tags, at);
  return one ? [one] : [];
}

/** Undefined unless all of a run's tags are there: what carries only some of them was tagged by somebody else. */
function tagged(ref: ResourceRef, tags: readonly Tag[] | undefined, at: Date | undefined): TaggedResource | undefined {
  const { [RUN_TAG]: runId, [EXPIRES_TAG]: expires, 'kiln:template': template = '' } = tagMap(tags);
  if (!runId || !expires) return undefined;
  return { ref, runId, template, expires, createdAt: at?.toISOString() };
}
