import { ApiError } from '../../protocol/errors.ts';
import { required, string } from '../../protocol/params.ts';
import type { RegionState, SnapshotRecord } from '../../store/model.ts';
import { action, type Call, DONE } from '../action.ts';
import { ownSnapshotOf } from './own.ts';

/** The image that uses a snapshot; undefined when none does. */
export function snapshotUser(state: RegionState, snapshotId: string): string | undefined {
  return Object.values(state.images).find(image => image.mappings.some(one => one.ebs?.snapshotId === snapshotId))?.id;
}

/** Takes a snapshot out of the store; resolves when the layers that only it used are gone too. */
export async function deleteSnapshotRecord(
  call: Pick<Call, 'state' | 'world' | 'runtime'>,
  snapshot: SnapshotRecord,
): Promise<void> {
  delete call.state.snapshots[snapshot.id];
  call.world.touch();
  // While it is pending its data still come; the end of that work finds the record gone and cleans up.
  if (snapshot.state !== 'pending') await call.runtime.collectLayers();
}

export const deleteSnapshot = action({ SnapshotId: required(string) }, async (call, input) => {
  const snapshot = ownSnapshotOf(call, input.SnapshotId);
  const user = snapshotUser(call.state, snapshot.id);
  if (user) throw new ApiError('InvalidSnapshot.InUse', `The snapshot ${snapshot.id} is currently in use by ${user}`);
  await deleteSnapshotRecord(call, snapshot);
  return DONE;
});
