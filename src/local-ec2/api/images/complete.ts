import { messageOf } from '../../../sdk/errors.ts';
import type { ImageRecord, SnapshotRecord, StateReason } from '../../store/model.ts';
import type { TimedState } from '../../timing.ts';
import type { Call } from '../action.ts';

/** Lets a pending image and its snapshots become ready together, once `work` is done, or fail together with it. */
export function completeImage(
  call: Call,
  image: ImageRecord,
  snapshots: readonly SnapshotRecord[],
  state: TimedState,
  work: Promise<void>,
  problem?: string,
): void {
  const { lifecycle, faults } = call.world;
  const encrypted = snapshots.some(one => one.encrypted);
  let failure: StateReason | undefined = faults.failureOf('image', encrypted);
  if (problem !== undefined) failure ??= { code: problem.split(':')[0] ?? problem, message: problem };
  let broken: string | undefined;
  const watched = work.catch((error: unknown) => {
    broken = messageOf(error);
    failure ??= { code: 'Server.InternalError', message: `Server.InternalError: ${broken}` };
    call.world.notice(`image ${image.id} could not be made: ${broken}`);
  });
  const extra = faults.extraTimeOf('image');
  for (const snapshot of snapshots) {
    snapshot.readyAt = call.world.now() + lifecycle.duration(state) + extra;
    lifecycle.after(
      state,
      snapshot.id,
      () => snapshot.state === 'pending' && settleSnapshot(call, snapshot, broken),
      watched,
      extra,
    );
  }
  lifecycle.after(
    state,
    image.id,
    () => {
      if (!call.state.images[image.id]) return;
      image.state = failure ? 'failed' : 'available';
      if (failure) image.stateReason = failure;
      for (const snapshot of snapshots) if (snapshot.state === 'pending') settleSnapshot(call, snapshot, broken);
      call.world.touch();
    },
    watched,
    extra,
  );
}

/** A pending snapshot becomes completed, or in error; when it was deleted meanwhile, its data go too. */
export function settleSnapshot(call: Call, snapshot: SnapshotRecord, problem: string | undefined): void {
  if (!call.state.snapshots[snapshot.id]) {
    void call.runtime.collectLayers().catch((error: unknown) => call.world.notice(messageOf(error)));
    return;
  }
  snapshot.state = problem === undefined ? 'completed' : 'error';
  if (problem !== undefined) snapshot.stateMessage = problem;
  call.world.touch();
}
