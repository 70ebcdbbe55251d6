import { sleep } from '../../sdk/async.ts';
import type { Ec2 } from '../client/index.ts';
import { livingInstance } from '../instance-now.ts';

/** First and longest pause between two tries, in milliseconds. */
const PAUSE = 200;
const LONGEST_PAUSE = 10_000;

/**
 * Tries again while what EC2 says may be late news of an instance, for `patience` ms at most. Throws, with EC2's reason,
 * when the instance is gone for good, as an interrupted one is.
 */
export async function whileAlive<T>(
  ec2: Ec2,
  instanceId: string,
  signal: AbortSignal,
  create: () => Promise<T>,
  passing: (error: unknown) => boolean,
  patience: number,
): Promise<T> {
  const started = performance.now();
  for (let pause = PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await create();
    } catch (error) {
      if (!passing(error) || performance.now() - started > patience) throw error;
    }
    await livingInstance(ec2, instanceId, signal);
    await sleep(pause, signal);
  }
}
