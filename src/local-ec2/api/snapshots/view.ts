import type { Xml } from '../../protocol/xml.ts';
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

/** A snapshot as EC2 shows it; `stateName` is `state` in CreateSnapshots. */
export function snapshotXml(call: Pick<Call, 'world'>, snapshot: SnapshotRecord, stateName = 'status'): Reply {
  const state: { [name: string]: Xml } = { [stateName]: snapshot.state };
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    ...state,
    statusMessage: snapshot.stateMessage,
    startTime: new Date(snapshot.createdAt),
    progress: progressOf(snapshot, call.world.now()),
    ownerId: snapshot.ownerId,
    ownerAlias: snapshot.ownerAlias,
    volumeSize: snapshot.size,
    description: snapshot.description,
    encrypted: snapshot.encrypted,
    kmsKeyId: snapshot.kmsKeyId,
    storageTier: 'standard',
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
