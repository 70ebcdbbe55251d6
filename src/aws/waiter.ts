import { formatDuration } from '../sdk/duration.ts';
import { KilnError } from '../sdk/errors.ts';
import type { Polling } from './client/polling.ts';
import { nextLook } from './policy/poll-schedule.ts';
import type { Pace, Poller } from './policy/poller.ts';
import { type StateKind, StateTimes } from './policy/state-times.ts';

/** Where things go quickly: the first look at once, then pauses that grow with the time waited. */
const QUICK = { first: 100, share: 0.3, longest: 3000, absent: 250 };
/** Shortest and longest pause between two looks, in milliseconds. */
const SHORTEST_PAUSE = 400;
const LONGEST_PAUSE = 15_000;
/** Two looks that find out whether an endpoint nothing is known of is a quick one. */
const PROBES = [0, 300];
/** What is often done at once, and the looks that find it so. */
const OFTEN_AT_ONCE: readonly StateKind[] = ['terminated', 'registered', 'volume'];
const AT_ONCE = [0, 1000];
/** A look that is to find what progress promised comes that much later, in milliseconds. */
const MARGIN = 150;
/** Pauses after a broken promise, as a share of the time since. */
const OVERDUE_SHARE = 0.6;

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

/** Signs of life from elsewhere than the look itself. */
export interface Pulse {
  /** A change of it starts the deadline anew. */
  value: string;
  /** When, by the progress seen, it will be done, in milliseconds since the wait began. */
  promised?: number | undefined;
}

export interface WaitFor<T, R> {
  readonly id: string;
  /** e.g. `instance i-1`. */
  readonly what: string;
  /** e.g. `running`. */
  readonly goal: string;
  /** Which change of state it is, for when to look. */
  readonly kind: StateKind;
  /** How long such changes take here. */
  readonly times?: StateTimes;
  /** Milliseconds without progress after which the wait is given up, when the user does not say. */
  readonly longest: number;
  readonly polling: Polling;
  /** What it means that EC2 does not know the thing; by default it is tolerated while the thing is new. */
  absent?(): Look<R>;
  look(item: T, elapsed: number): Look<R>;
  readonly pulse?: Pulse;
}

/** The one waiter. Resolves with what `look` gave; throws KilnError at the deadline or when the thing vanished. */
export async function waitFor<T, R>(poller: Poller<T>, wait: WaitFor<T, R>, signal: AbortSignal): Promise<R> {
  const longest = wait.polling.longest ?? wait.longest;
  const times = wait.times ?? new StateTimes();
  let lastProgress = 0;
  let progress = '';
  let lastSeen = 0;
  let lastLook = 0;
  let state = 'not visible yet';
  /** Since when, as far as the looks went, EC2 does not know it. */
  let absentSince: number | undefined;
  const { result } = await poller.wait<{ readonly result: R }>({
    id: wait.id,
    signal,
    pace: paceOf(wait, times, () => absentSince),
    check(item, elapsed) {
      const look = item === undefined ? absentLook(wait, elapsed - lastSeen) : wait.look(item, elapsed);
      if ('done' in look) {
        if (item !== undefined) times.learn(wait.kind, lastLook, elapsed);
        return { result: look.done };
      }
      if (item === undefined) absentSince ??= elapsed;
      else {
        lastSeen = elapsed;
        absentSince = undefined;
      }
      lastLook = elapsed;
      state = look.waiting;
      const now = `${look.progress ?? ''} ${wait.pulse?.value ?? ''} ${state}`;
      if (now !== progress) {
        progress = now;
        lastProgress = elapsed;
      }
      if (elapsed - lastProgress > longest) throw tooLong(wait, state, elapsed);
      return undefined;
    },
  });
  return result;
}

/** When to look next: as the user says, else so that a change is seen soon after it happened with few calls. */
function paceOf<T, R>(
  { polling: { delay }, kind, pulse }: WaitFor<T, R>,
  times: StateTimes,
  absentSince: () => number | undefined,
): Pace {
  if (delay !== undefined) return (_, looks) => (looks === 0 ? 0 : delay);
  return (elapsed, looks) => {
    const absent = absentSince();
    // How long EC2 does not show something has nothing to do with how long its state takes.
    if (absent !== undefined) return Math.max(QUICK.absent, (elapsed - absent) * QUICK.share);
    const expected = times.expected(kind);
    if (!expected) return quickPause(elapsed, looks);
    const early = OFTEN_AT_ONCE.includes(kind) ? AT_ONCE : times.unknown ? PROBES : [];
    const promised = pulse?.promised;
    const next =
      early[looks] ?? (promised === undefined ? nextLook(elapsed, expected) : lookForPromised(elapsed, promised));
    const shortest = looks < early.length ? 0 : SHORTEST_PAUSE;
    return Math.min(LONGEST_PAUSE, Math.max(shortest, next - elapsed));
  };
}

function quickPause(elapsed: number, looks: number): number {
  if (looks === 0) return 0;
  return Math.min(QUICK.longest, Math.max(QUICK.first, elapsed * QUICK.share));
}

/** Right after the promised moment; then, as the promise was broken, with growing pauses. */
function lookForPromised(elapsed: number, promised: number): number {
  return elapsed < promised ? promised + MARGIN : elapsed + (elapsed - promised) * OVERDUE_SHARE;
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
