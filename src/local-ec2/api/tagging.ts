import { ApiError, invalidParameter, missingParameter } from '../protocol/errors.ts';
import { filters, integer, list, required, string, type TagSpecifications, tag } from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import type { ResourceRecord, Tags } from '../store/model.ts';
import { type Action, action, type Call, DONE } from './action.ts';
import { matcher } from './filters.ts';
import { findAny, KINDS, type TableName } from './kinds.ts';
import { page } from './paging.ts';

/** EC2's limits: tags of one resource, characters of key and value. */
const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

/** Resource types that tag specifications may name without our having such resources. */
const OTHER_TYPES = new Set([
  'network-interface',
  'elastic-gpu',
  'dedicated-host',
  'capacity-reservation',
  'client-vpn-endpoint',
]);

export function tagSet(tags: Tags): Xml {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

interface TagInput {
  readonly Key: string;
  readonly Value: string | undefined;
}

/** Adds tags, within EC2's rules for them. */
export function addTags(tags: Tags, more: readonly TagInput[]): void {
  for (const { Key: key, Value: value = '' } of more) {
    if (key.length > MAX_KEY) throw invalidParameter(`Tag key exceeds the maximum length of ${MAX_KEY} characters`);
    if (value.length > MAX_VALUE)
      throw invalidParameter(`Tag value exceeds the maximum length of ${MAX_VALUE} characters`);
    if (/^aws:/i.test(key) || key === '__proto__')
      throw invalidParameter(
        `Value ( ${key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
      );
    tags[key] = value;
  }
  if (Object.keys(tags).length > MAX_TAGS)
    throw new ApiError('TagLimitExceeded', `More than ${MAX_TAGS} tags specified`);
}

/** The tags that a create call gives to resources of `type`; every named type must be among `allowed`. */
export function tagsFor(specifications: TagSpecifications, type: string, allowed: readonly string[] = [type]): Tags {
  const tags: Tags = {};
  const seen = new Set<string>();
  for (const one of specifications) {
    if (!allowed.includes(one.ResourceType)) {
      const known =
        OTHER_TYPES.has(one.ResourceType) || Object.values(KINDS).some(kind => kind.type === one.ResourceType);
      throw invalidParameter(
        known
          ? `'${one.ResourceType}' is not a valid taggable resource type for this operation.`
          : `'${one.ResourceType}' is not a valid taggable resource type.`,
      );
    }
    if (one.Tag.length === 0) throw invalidParameter('Tag specification must have at least one tag');
    if (seen.has(one.ResourceType))
      throw invalidParameter(`Resource type '${one.ResourceType}' is specified more than once in tag specifications`);
    seen.add(one.ResourceType);
    if (one.ResourceType !== type) continue;
    const keys = one.Tag.map(each => each.Key);
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined) throw invalidParameter(`Duplicate tag key '${twice}' specified.`);
    addTags(tags, one.Tag);
  }
  return tags;
}

function targetOf(call: Call, id: string): Tags {
  const found = findAny(call, id) ?? networkInterfaceOf(call, id);
  if (!found) throw new ApiError('InvalidID', `The ID '${id}' is not valid`);
  return found.record.tags;
}

function networkInterfaceOf(call: Call, id: string): { record: { tags: Tags } } | undefined {
  if (!id.startsWith('eni-')) return undefined;
  const owner = Object.values(call.state.instances).find(one => one.eniId === id && one.state !== 'terminated');
  if (!owner)
    throw new ApiError('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`);
  return { record: { tags: owner.eniTags } };
}

const createTags = action({ ResourceId: required(list(string)), Tag: required(list(tag)) }, (call, input) => {
  const targets = input.ResourceId.map(id => targetOf(call, id));
  // All or none: check on copies first.
  for (const tags of targets) addTags({ ...tags }, input.Tag);
  for (const tags of targets) addTags(tags, input.Tag);
  call.world.touch();
  return DONE;
});

const deleteTags = action({ ResourceId: required(list(string)), Tag: list(tag) }, (call, input) => {
  if (input.ResourceId.length === 0) throw missingParameter('ResourceId');
  for (const id of input.ResourceId) {
    const tags = targetOf(call, id);
    if (input.Tag.length === 0) for (const key of Object.keys(tags)) delete tags[key];
    for (const { Key: key, Value: value } of input.Tag)
      if (value === undefined || tags[key] === value) delete tags[key];
  }
  call.world.touch();
  return DONE;
});

interface TagRow {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly key: string;
  readonly value: string;
  readonly tags: Tags;
}

const describeTags = action({ Filter: filters, MaxResults: integer, NextToken: string }, (call, input) => {
  const rows: TagRow[] = [];
  for (const [table, { type }] of Object.entries(KINDS) as [TableName, (typeof KINDS)[TableName]][]) {
    const records: ResourceRecord[] = Object.values(call.state[table]);
    for (const record of records)
      for (const [key, value] of Object.entries(record.tags))
        rows.push({ resourceId: record.id, resourceType: type, key, value, tags: { [key]: value } });
  }
  const matches = matcher<TagRow>(input.Filter, {
    key: row => row.key,
    value: row => row.value,
    'resource-id': row => row.resourceId,
    'resource-type': row => row.resourceType,
  });
  const { items, nextToken } = page(rows.filter(matches), input);
  const tagged = items.map(({ resourceId, resourceType, key, value }) => ({ resourceId, resourceType, key, value }));
  return { tagSet: tagged, nextToken };
});

export const tagActions: Readonly<Record<string, Action>> = {
  CreateTags: createTags,
  DeleteTags: deleteTags,
  DescribeTags: describeTags,
};
