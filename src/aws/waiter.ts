import { formatDuration } from '../sdk/duration.ts';
import { KilnError } from '../sdk/errors.ts';
import type { Polling } from './client/polling.ts';
import type { Pace, Poller } from './policy/poller.ts';

/** First look at once; then pauses grow with the time waited, so that a change is seen soon after it happened. */
const SHORTEST_PAUSE = 250;
const SHARE_OF_ELAPSED = 0.3;
const LONGEST_PAUSE = 5000;

/** How long EC2 may not know something that it has just made, in milliseconds. */
export const VISIBILITY = 2 * 60_000;

/** What one look at the thing says. A state that can never lead to the goal is thrown. */
export type Look<R> =
  | { readonly done: R }
  | {
      readonly waiting: string;
      /** A change of it shows that work goes on, and starts the deadline anew. */
      readonly progress?: string | undefined;
    };

export interface WaitFor<T, R> {
  readonly id: string;
  /** e.g. `instance i-1`. */
  readonly what: string;
  /** e.g. `running`. */
  readonly goal: string;
  /** Milliseconds without progress after which the wait is given up, when the user does not say. */
  readonly longest: number;
  /** Longest pause between two looks, when the user does not say. */
  readonly longestPause?: number;
  readonly polling: Polling;
  /** What it means that EC2 does not know the thing; by default it is tolerated while the thing is new. */
  absent?(): Look<R>;
  look(item: T): Look<R>;
  /** More signs of progress than the look itself gives. */
  readonly pulse?: { readonly value: string };
}

/** The one waiter. Resolves with what `look` gave; throws KilnError at the deadline or when the thing vanished. */
export function waitFor<T, R>(poller: Poller<T>, wait: WaitFor<T, R>, signal: AbortSignal): Promise<R> {
  const longest = wait.polling.longest ?? wait.longest;
  let lastProgress = 0;
  let progress = '';
  let lastSeen = 0;
  let state = 'not visible yet';
  return poller
    .wait<{ readonly result: R }>({
      id: wait.id,
      signal,
      pace: paceOf(wait),
      check(item, elapsed) {
        const look = item === undefined ? absentLook(wait, elapsed - lastSeen) : wait.look(item);
        if ('done' in look) return { result: look.done };
        if (item !== undefined) lastSeen = elapsed;
        state = look.waiting;
        const now = `${look.progress ?? ''} ${wait.pulse?.value ?? ''} ${state}`;
        if (now !== progress) {
          progress = now;
          lastProgress = elapsed;
        }
        if (elapsed - lastProgress > longest) throw tooLong(wait, state, elapsed);
        return undefined;
      },
    })
    .then(({ result }) => result);
}

function paceOf(wait: Pick<WaitFor<never, never>, 'polling' | 'longestPause'>): Pace {
  const { delay } = wait.polling;
  if (delay !== undefined) return () => delay;
  const longest = wait.longestPause ?? LONGEST_PAUSE;
  return elapsed => Math.min(longest, Math.max(SHORTEST_PAUSE, elapsed * SHARE_OF_ELAPSED));
}

function absentLook<T, R>(wait: WaitFor<T, R>, unseen: number): Look<R> {
  if (wait.absent) return wait.absent();
  if (unseen < VISIBILITY) return { waiting: 'not visible yet' };
  throw new KilnError(`${wait.what} vanished while kiln waited for it to be ${wait.goal}`, {
    hint: 'somebody else may have removed it',
    code: 'aws-vanished',
  });
}

function tooLong<T, R>(wait: WaitFor<T, R>, state: string, elapsed: number): KilnError {
  const time = formatDuration(Math.round(elapsed / 1000) * 1000);
  return new KilnError(`${wait.what} is not ${wait.goal} after ${time}: it is ${state}`, {
    hint: 'give AWS more time with aws_polling (max_attempts, delay_seconds)',
    code: 'aws-timeout',
  });
}
