import { ApiError } from '../../protocol/errors.ts';
import type { SnapshotRecord } from '../../store/model.ts';
import type { Call } from '../action.ts';
import { find } from '../kinds.ts';

/** A snapshot of the account's own. Throws InvalidSnapshot.NotFound, InvalidSnapshotID.Malformed, UnauthorizedOperation. */
export function ownSnapshotOf(call: Call, id: string): SnapshotRecord {
  const snapshot = find(call, 'snapshots', id);
  if (snapshot.ownerId !== call.world.accountId)
    throw new ApiError('UnauthorizedOperation', `You are not authorized to change the snapshot ${id}.`);
  return snapshot;
}
