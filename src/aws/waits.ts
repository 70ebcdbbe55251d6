import { KilnError } from '../sdk/errors.ts';
import type { Ec2 } from './client/index.ts';
import { lostInstance } from './instance-now.ts';
import { sharedCalls } from './shared-calls.ts';
import { snapshotsFor } from './snapshots-for.ts';
import { watch } from './state-pollers.ts';
import type { Image, Instance, Snapshot, Volume } from './types.ts';
import { type Look, type Pulse, waitFor } from './waiter.ts';

const MINUTE = 60_000;
/** Longest waits without progress (reference: ebs-build-sequence.md, section 1). */
const INSTANCE_LONGEST = 10 * MINUTE;
const IMAGE_LONGEST = 30 * MINUTE;
const SNAPSHOT_LONGEST = 30 * MINUTE;
const VOLUME_LONGEST = 200_000;
/** How far the snapshots of a pending image are is asked first after this time, then ever more rarely; milliseconds. */
const FIRST_PULSE = 2000;
const FIRST_PULSE_THROTTLED = MINUTE;
const PULSE_GROWTH = 1.5;
const LONGEST_WITHOUT_PULSE = 5 * MINUTE;

type InstanceGoal = 'running' | 'stopped' | 'terminated';

/** States from which an instance never gets to the goal. */
const HOPELESS: Readonly<Record<InstanceGoal, readonly string[]>> = {
  running: ['shutting-down', 'terminated', 'stopping', 'stopped'],
  stopped: ['shutting-down', 'terminated'],
  terminated: [],
};

/** Waits until an instance is running, stopped or terminated. Throws with EC2's reason when it cannot get there. */
export function waitForInstance(ec2: Ec2, id: string, goal: InstanceGoal, signal: AbortSignal): Promise<Instance> {
  return waitFor<Instance, Instance>(
    watch(ec2).instances,
    {
      id,
      what: `instance ${id}`,
      goal,
      kind: goal,
      times: watch(ec2).times,
      longest: INSTANCE_LONGEST,
      polling: ec2.polling,
      ...(goal === 'terminated' && { absent: () => ({ done: { InstanceId: id } }) }),
      look(instance) {
        const state = instance.State?.Name ?? 'pending';
        if (state === goal) return { done: instance };
        if (HOPELESS[goal].includes(state)) throw lostInstance(id, goal, instance);
        return { waiting: state };
      },
    },
    signal,
  );
}

/** How an image comes about: from an instance, from complete snapshots, from an image of another region. */
export type ImageKind = 'image' | 'registered' | 'copy';

/**
 * Waits until an image can be used. Progress of its snapshots extends the wait and tells when to look. Throws with EC2's
 * reason when it failed.
 */
export function waitForImage(
  ec2: Ec2,
  id: string,
  kind: ImageKind,
  signal: AbortSignal,
  progress?: (percent: number) => void,
): Promise<Image> {
  const { images, times } = watch(ec2);
  const pulse: Pulse = { value: '' };
  let nextPulse = ec2.throttled() ? FIRST_PULSE_THROTTLED : FIRST_PULSE;
  const feelPulse = async (image: Image, elapsed: number): Promise<void> => {
    if (elapsed < nextPulse) return;
    nextPulse = Math.min(elapsed * PULSE_GROWTH, elapsed + LONGEST_WITHOUT_PULSE);
    const ids = snapshotIds(image);
    const snapshots =
      ids.length > 0 ? await sharedCalls(ec2).snapshots(ids, signal) : await snapshotsFor(ec2, id, signal);
    const percents = snapshots.map(percentOf);
    if (percents.length === 0) return;
    // The image is complete when the slowest of its snapshots is.
    promise(pulse, Math.min(...percents), elapsed);
    progress?.(percents.reduce((a, b) => a + b, 0) / percents.length);
    images.reschedule();
  };
  return waitFor<Image, Image>(
    images,
    {
      id,
      what: `image ${id}`,
      goal: 'available',
      kind,
      times,
      longest: IMAGE_LONGEST,
      polling: ec2.polling,
      pulse,
      look(image, elapsed): Look<Image> {
        const state = image.State ?? 'pending';
        if (state === 'available') return { done: image };
        if (state === 'pending' || state === 'transient') {
          // How far the snapshots are is good to know, not necessary: the wait goes on without.
          feelPulse(image, elapsed).catch(() => {});
          return { waiting: state };
        }
        const reason = image.StateReason?.Message ? `: ${image.StateReason.Message}` : '';
        throw new KilnError(`EC2 could not make image ${id} in ${ec2.region}: it is ${state}${reason}`, {
          hint: /KMS/i.test(reason)
            ? 'see that the KMS key is enabled, in that region, and that its policy lets this account use it'
            : 'as a rule this is trouble of EC2 that passes: build again',
          code: 'aws-image-failed',
        });
      },
    },
    signal,
  );
}

function percentOf(snapshot: Snapshot): number {
  return Number.parseInt(snapshot.Progress ?? '', 10) || 0;
}

/** Notes how far something was after `elapsed` ms. Only progress promises an end: a number that stands still does not. */
function promise(pulse: Pulse, percent: number, elapsed: number): void {
  if (String(percent) === pulse.value) return;
  pulse.value = String(percent);
  pulse.promised = percent > 0 && percent <= 100 ? (elapsed / percent) * 100 : undefined;
}

/** Ids of the snapshots behind an image. */
export function snapshotIds(image: Image | undefined): string[] {
  return (image?.BlockDeviceMappings ?? []).flatMap(mapping =>
    mapping.Ebs?.SnapshotId ? [mapping.Ebs.SnapshotId] : [],
  );
}

/** Waits until a snapshot is complete; its progress extends the wait. */
export function waitForSnapshot(
  ec2: Ec2,
  id: string,
  signal: AbortSignal,
  progress?: (percent: number) => void,
): Promise<Snapshot> {
  const pulse: Pulse = { value: '' };
  return waitFor<Snapshot, Snapshot>(
    watch(ec2).snapshots,
    {
      id,
      what: `snapshot ${id}`,
      goal: 'complete',
      kind: 'snapshot',
      times: watch(ec2).times,
      longest: SNAPSHOT_LONGEST,
      polling: ec2.polling,
      pulse,
      look(snapshot, elapsed) {
        const state = snapshot.State ?? 'pending';
        if (state === 'completed') return { done: snapshot };
        if (state === 'error') {
          const reason = snapshot.StateMessage ? `: ${snapshot.StateMessage}` : '';
          throw new KilnError(`EC2 could not make snapshot ${id} in ${ec2.region}${reason}`, {
            code: 'aws-snapshot-failed',
          });
        }
        promise(pulse, percentOf(snapshot), elapsed);
        progress?.(percentOf(snapshot));
        return { waiting: state };
      },
    },
    signal,
  );
}

/** Waits until a volume is in a state: `available` (made or detached) or `in-use` (attached). */
export function waitForVolume(
  ec2: Ec2,
  id: string,
  goal: 'available' | 'in-use',
  signal: AbortSignal,
): Promise<Volume> {
  return waitFor<Volume, Volume>(
    watch(ec2).volumes,
    {
      id,
      what: `volume ${id}`,
      goal,
      kind: 'volume',
      times: watch(ec2).times,
      longest: VOLUME_LONGEST,
      polling: ec2.polling,
      look(volume) {
        const state = volume.State ?? 'creating';
        const attached = volume.Attachments?.[0]?.State;
        if (state === goal && (goal === 'available' || attached === 'attached')) return { done: volume };
        if (state === 'error' || state === 'deleting' || state === 'deleted') {
          throw new KilnError(`volume ${id} is ${state} instead of ${goal}`, { code: 'aws-volume-failed' });
        }
        return { waiting: attached ?? state };
      },
    },
    signal,
  );
}
