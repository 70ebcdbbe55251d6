import type { SnapshotRecord } from '../../store/model.ts';
import type { Call, Reply } from '../action.ts';
import { type FilterTable, isoTime } from '../filters.ts';
import { tagSet } from '../tagging.ts';

/** How far a snapshot is, e.g. `40%`. */
export function progressOf(snapshot: SnapshotRecord, now: number): string {
  if (snapshot.state === 'completed') return '100%';
  const total = snapshot.readyAt - snapshot.createdAt;
  const done = total <= 0 ? 0 : Math.floor(((now - snapshot.createdAt) / total) * 100);
  return `${Math.max(0, Math.min(99, done))}%`;
}

/** A snapshot as DescribeSnapshots and CreateSnapshot show it. */
export function snapshotXml(call: Pick<Call, 'world'>, snapshot: SnapshotRecord): Reply {
  return {
    ...common(call, snapshot),
    status: snapshot.state,
    statusMessage: snapshot.stateMessage,
    ownerAlias: snapshot.ownerAlias,
    kmsKeyId: snapshot.kmsKeyId,
    storageTier: 'standard',
  };
}

/** A snapshot as CreateSnapshots shows it: fewer elements, and another name for the state. */
export function snapshotInfoXml(call: Pick<Call, 'world'>, snapshot: SnapshotRecord): Reply {
  return { ...common(call, snapshot), state: snapshot.state };
}

function common(call: Pick<Call, 'world'>, snapshot: SnapshotRecord): Reply {
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    startTime: new Date(snapshot.createdAt),
    progress: progressOf(snapshot, call.world.now()),
    ownerId: snapshot.ownerId,
    volumeSize: snapshot.size,
    description: snapshot.description,
    encrypted: snapshot.encrypted,
    tagSet: tagSet(snapshot.tags),
  };
}

export const SNAPSHOT_FILTERS = (call: Call): FilterTable<SnapshotRecord> => ({
  description: one => one.description,
  encrypted: one => one.encrypted,
  'owner-alias': one => one.ownerAlias,
  'owner-id': one => one.ownerId,
  progress: one => progressOf(one, call.world.now()),
  'snapshot-id': one => one.id,
  'start-time': one => isoTime(one.createdAt),
  status: one => one.state,
  'storage-tier': () => 'standard',
  'volume-id': one => one.volumeId,
  'volume-size': one => one.size,
});
