import { sleep } from '../sdk/async.ts';
import type { Ec2 } from './client/index.ts';
import { isKind } from './policy/aws-error.ts';

/** Pauses before "does not exist" is believed of something that may only be too new to be seen, in milliseconds. */
const DOUBTS = [500, 1000, 2000];

/** Runs a removal; what is not there any more counts as removed. */
export async function gone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!isKind(error, 'not-found')) throw error;
  }
}

/** How something that kiln made is removed. */
export interface Removal {
  readonly ec2: Ec2;
  readonly signal: AbortSignal;
  /** It may be so new that EC2 does not know it everywhere yet. */
  readonly fresh: boolean;
}

/**
 * Runs the removal of something that kiln made. What is fresh would be left for ever if the first "does not exist" were
 * believed: EC2 must have said so for some seconds.
 */
export async function surelyGone(
  remove: () => Promise<unknown>,
  { signal, fresh }: Pick<Removal, 'signal' | 'fresh'>,
): Promise<void> {
  for (const pause of [...(fresh ? DOUBTS : []), undefined]) {
    try {
      await remove();
      return;
    } catch (error) {
      if (!isKind(error, 'not-found')) throw error;
    }
    if (pause !== undefined) await sleep(pause, signal);
  }
}
