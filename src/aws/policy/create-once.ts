import { sleep } from '../../sdk/async.ts';
import { AwsError } from './aws-error.ts';

/** Looks after a lost answer, and the pause before the first, in milliseconds; EC2 shows most new things within 3 s. */
const LOOKS = 4;
const FIRST_PAUSE = 250;
/** Times a creation is begun anew after its answer was lost and no effect was seen. */
const TRIES = 4;

/**
 * Creates something that takes no client token. When the answer was lost, or the name turns out to be taken by a
 * creation of ours, the effect is looked for before anything is created again.
 */
export async function createOnce<T>(
  signal: AbortSignal,
  create: () => Promise<T>,
  find: () => Promise<T | undefined>,
): Promise<T> {
  let lost = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await create();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (!error.maybeDone && !(lost && error.kind === 'duplicate')) throw error;
      lost = true;
      const found = await look(signal, find);
      if (found !== undefined) return found;
      if (attempt >= TRIES) throw error;
    }
  }
}

async function look<T>(signal: AbortSignal, find: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let attempt = 0; attempt < LOOKS; attempt++) {
    await sleep(FIRST_PAUSE * 2 ** attempt, signal);
    const found = await find();
    if (found !== undefined) return found;
  }
  return undefined;
}
