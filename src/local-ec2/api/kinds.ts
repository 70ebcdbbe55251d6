/** How EC2 names each kind of resource, and what it says when one is not there. */
import type { FaultyResource } from '../faults/plan.ts';
import { ApiError } from '../protocol/errors.ts';
import { isWellFormedId } from '../store/ids.ts';
import type { RegionState, ResourceRecord } from '../store/model.ts';
import type { Call } from './action.ts';

type TableName = Exclude<keyof RegionState, 'tokens' | 'goneImages'>;
type RecordOf<T extends TableName> = RegionState[T][string];

interface Kind {
  readonly prefix: string;
  /** Stem of its error codes, e.g. `InvalidInstanceID` + `.NotFound`. */
  readonly error: string;
  /** Of its ids, in the error code for a malformed one when it is not the stem. */
  readonly malformed?: string;
  /** Name in tag specifications and DescribeTags. */
  readonly type: string;
  readonly faulty?: FaultyResource;
  notFound(ids: string): string;
}

export const KINDS: Readonly<Record<TableName, Kind>> = {
  instances: {
    prefix: 'i',
    error: 'InvalidInstanceID',
    type: 'instance',
    faulty: 'instance',
    notFound: ids =>
      ids.includes(',') ? `The instance IDs '${ids}' do not exist` : `The instance ID '${ids}' does not exist`,
  },
  images: {
    prefix: 'ami',
    error: 'InvalidAMIID',
    type: 'image',
    faulty: 'image',
    notFound: ids =>
      ids.includes(',') ? `The image ids '[${ids}]' do not exist` : `The image id '[${ids}]' does not exist`,
  },
  snapshots: {
    prefix: 'snap',
    error: 'InvalidSnapshot',
    malformed: 'InvalidSnapshotID',
    type: 'snapshot',
    faulty: 'snapshot',
    notFound: ids => `The snapshot '${ids}' does not exist.`,
  },
  volumes: {
    prefix: 'vol',
    error: 'InvalidVolume',
    malformed: 'InvalidVolumeID',
    type: 'volume',
    faulty: 'volume',
    notFound: ids => `The volume '${ids}' does not exist.`,
  },
  keyPairs: {
    prefix: 'key',
    error: 'InvalidKeyPair',
    type: 'key-pair',
    faulty: 'key-pair',
    notFound: ids => `The key pair '${ids}' does not exist`,
  },
  securityGroups: {
    prefix: 'sg',
    error: 'InvalidGroup',
    malformed: 'InvalidGroupId',
    type: 'security-group',
    faulty: 'security-group',
    notFound: ids => `The security group '${ids}' does not exist`,
  },
  vpcs: { prefix: 'vpc', error: 'InvalidVpcID', type: 'vpc', notFound: ids => `The vpc ID '${ids}' does not exist` },
  subnets: {
    prefix: 'subnet',
    error: 'InvalidSubnetID',
    type: 'subnet',
    notFound: ids => `The subnet ID '${ids}' does not exist`,
  },
  launchTemplates: {
    prefix: 'lt',
    error: 'InvalidLaunchTemplateId',
    type: 'launch-template',
    faulty: 'launch-template',
    notFound: ids => `The specified launch template, with template ID ${ids}, does not exist.`,
  },
  fleets: {
    prefix: 'fleet',
    error: 'InvalidFleetId',
    type: 'fleet',
    notFound: ids => `The fleet ID '${ids}' does not exist`,
  },
  spotRequests: {
    prefix: 'sir',
    error: 'InvalidSpotInstanceRequestID',
    type: 'spot-instances-request',
    notFound: ids => `The spot instance request ID '${ids}' does not exist`,
  },
  importTasks: {
    prefix: 'import-ami',
    error: 'InvalidConversionTaskId',
    type: 'import-image-task',
    notFound: ids => `The import task '${ids}' does not exist`,
  },
};

export function notFound(table: TableName, ids: string): ApiError {
  return new ApiError(`${KINDS[table].error}.NotFound`, KINDS[table].notFound(ids));
}

/** Refuses what cannot be an id of the kind. */
export function checkId(table: TableName, id: string): void {
  const { prefix, error, malformed } = KINDS[table];
  // Launch templates and fleets have longer ids; only their prefix is looked at.
  const loose =
    table === 'launchTemplates' || table === 'fleets' || table === 'importTasks' || table === 'spotRequests';
  if (loose ? id.startsWith(`${prefix}-`) : isWellFormedId(prefix, id)) return;
  throw new ApiError(`${malformed ?? error}.Malformed`, `Invalid id: "${id}" (expecting "${prefix}-...")`);
}

/** What the fault plan lets this call see of a resource. */
function sees(call: Call, table: TableName, record: ResourceRecord): 'yes' | 'not-found' | 'empty' {
  const kind = KINDS[table].faulty;
  return kind
    ? call.world.faults.sees(call.action, kind, record.id, record.createdAt - call.world.faults.clockOffset)
    : 'yes';
}

function lookUp<T extends TableName>(call: Call, table: T, id: string): RecordOf<T> | undefined {
  const all = call.state[table] as Record<string, RecordOf<T>>;
  return Object.hasOwn(all, id) ? all[id] : undefined;
}

/** The one resource an action is about. Throws Malformed or NotFound as EC2 does. */
export function find<T extends TableName>(call: Call, table: T, id: string): RecordOf<T> {
  checkId(table, id);
  const record = lookUp(call, table, id);
  if (!record || sees(call, table, record) !== 'yes') throw notFound(table, id);
  return record;
}

/** The resource, or undefined; for references inside the store, which no fault hides. */
export function peek<T extends TableName>(
  call: Pick<Call, 'state'>,
  table: T,
  id: string | undefined,
): RecordOf<T> | undefined {
  if (id === undefined) return undefined;
  const all = call.state[table] as Record<string, RecordOf<T>>;
  return Object.hasOwn(all, id) ? all[id] : undefined;
}

/** The resources of these ids (all when none is given) that the call may see. Throws for ids that are not there. */
export function select<T extends TableName>(
  call: Call,
  table: T,
  ids: readonly string[],
  matches: (record: RecordOf<T>) => boolean = () => true,
): RecordOf<T>[] {
  for (const id of ids) checkId(table, id);
  const all = call.state[table] as Record<string, RecordOf<T>>;
  const found: RecordOf<T>[] = [];
  const missing: string[] = [];
  for (const id of ids.length > 0 ? new Set(ids) : Object.keys(all)) {
    const record = lookUp(call, table, id);
    const visible = record === undefined ? 'not-found' : sees(call, table, record);
    if (record && visible === 'yes') found.push(record);
    else if (ids.length > 0 && visible === 'not-found') missing.push(id);
  }
  if (missing.length > 0) throw notFound(table, missing.join(', '));
  const chosen = found.filter(matches);
  for (const record of chosen) call.world.lifecycle.look(record.id);
  return chosen;
}

/** The table and record of any tagged resource's id; undefined when no kind has it. */
export function findAny(call: Call, id: string): { table: TableName; record: ResourceRecord } | undefined {
  for (const [table, kind] of Object.entries(KINDS) as [TableName, Kind][]) {
    if (!id.startsWith(`${kind.prefix}-`)) continue;
    if (table === 'importTasks' || !id.startsWith('import-')) return { table, record: find(call, table, id) };
  }
  return undefined;
}

export type { TableName };
