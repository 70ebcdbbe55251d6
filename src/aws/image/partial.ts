import { messageOf } from '../../sdk/errors.ts';
import type { MadeImage, Making } from './making.ts';
import type { Replaced } from './replace.ts';

/** A region in which the image could not be made or published. */
export interface RegionFailure {
  readonly region: string;
  readonly error: unknown;
}

/** Whether the build goes on without these regions: allow_partial_copy is set, the build region is fine, some image is left. */
export function tolerable({ plan, machine }: Making, failures: readonly RegionFailure[], left: number): boolean {
  return (
    plan.options.allow_partial_copy === true && left > 0 && !failures.some(one => one.region === machine.ec2.region)
  );
}

/** All failures in one line. */
export function toldTogether(failures: readonly RegionFailure[]): string {
  return failures
    .map(({ region, error }) => {
      const message = messageOf(error);
      return message.includes(` in ${region}`) ? message : `${region}: ${message}`;
    })
    .join('; ');
}

/** Removes what was made in these regions, and brings back what it was to replace. Never throws. */
export async function giveUp(making: Making, replaced: Replaced, failures: readonly RegionFailure[]): Promise<void> {
  making.run.ui.error(`The AMI is not in all regions, which allow_partial_copy permits. ${toldTogether(failures)}`);
  for (const { region } of failures) {
    for (const image of making.owned) if (image.ref.account.region === region) await image.release();
    await replaced.restore(region);
  }
}

/**
 * Does a step of publishing in all regions at once. Gives the images that are left: all of them, or those where it
 * worked, when the others can be done without; else throws the first failure.
 */
export async function inAllRegions(
  making: Making,
  made: readonly MadeImage[],
  replaced: Replaced,
  step: (making: Making, image: MadeImage) => Promise<void>,
): Promise<MadeImage[]> {
  const settled = await Promise.allSettled(made.map(image => step(making, image)));
  const failures = settled.flatMap((one, index): RegionFailure[] =>
    one.status === 'rejected' ? [{ region: made[index]?.ec2.region ?? '', error: one.reason }] : [],
  );
  const [first] = failures;
  if (!first) return [...made];
  making.run.signal.throwIfAborted();
  const left = made.filter(image => !failures.some(one => one.region === image.ec2.region));
  if (!tolerable(making, failures, left.length)) throw first.error;
  await giveUp(making, replaced, failures);
  return left;
}
