import { sleep } from '../../sdk/async.ts';
import { type AwsError, toAwsError } from './aws-error.ts';
import { limiterFor } from './limiter.ts';

/** Tries of one call when max_retries does not say (reference: common.json, max_retries). */
export const DEFAULT_TRIES = 10;
/** Longest that throttling is sat out when max_retries does not say, in milliseconds. */
const THROTTLING_PATIENCE = 10 * 60_000;
/** First and longest pause between two tries, in milliseconds; 20 s is the SDK's longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 20_000;
/** How long a network that worked before may be down, and the longest pause between tries then, in milliseconds. */
const OUTAGE_PATIENCE = 2 * 60_000;
const LONGEST_OUTAGE_PAUSE = 5000;
/** How long a creating call is given to answer once sent, in milliseconds. */
const CREATE_PATIENCE = 60_000;
/** How long something new may stay invisible when the caller does not say, in milliseconds. */
const VISIBILITY = 2 * 60_000;

/**
 * Calls that give a second thing when sent twice and take no client token. When their answer is lost they are not sent
 * again here: `createOnce` looks for the effect first.
 */
const NOT_REPEATABLE: ReadonlySet<string> = new Set([
  'CreateImage',
  'CreateKeyPair',
  'CreateSecurityGroup',
  'CreateSnapshot',
  'RegisterImage',
  'CreateRole',
  'CreateInstanceProfile',
  'StartSession',
]);

export interface CallSettings {
  readonly service: string;
  readonly region: string;
  readonly endpoint?: string | undefined;
  /** Tells accounts apart for the shared limiter. */
  readonly account: string;
  /** The template's max_retries; undefined when it does not say. */
  readonly tries?: number | undefined;
  /** Temporary credentials ran out: get new ones. False when there is no way to. */
  renewCredentials(): boolean;
  /** Decodes AWS's encoded reason of a refusal, when the template asks for that. */
  decode?(message: string): Promise<string | undefined>;
}

export interface Call {
  readonly operation: string;
  readonly notYet?: ((error: unknown) => boolean) | undefined;
  readonly within?: number | undefined;
}

/** The one policy under which every AWS call is made. */
export interface CallPolicy {
  /** Gives the reply, or throws an AwsError, or the signal's reason. `send` gets the signal of that one try. */
  call<T>(call: Call, signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function callPolicy(settings: CallSettings): CallPolicy {
  let reachedOnce = false;
  return {
    async call(call, signal, send) {
      const run = new Run(settings, call, () => reachedOnce);
      const limiter = limiterFor(settings.account, call.operation);
      // A creating call that is cut off half-way leaves something nobody knows of: let it answer.
      const creates = /^(Create|Run|Register|Copy|Start|Import)/.test(call.operation);
      for (;;) {
        const slot = await limiter.slot(signal);
        try {
          const reply = await send(creates ? AbortSignal.timeout(CREATE_PATIENCE) : signal);
          slot('answered');
          reachedOnce = true;
          return reply;
        } catch (thrown) {
          const error = toAwsError({ ...settings, operation: call.operation }, thrown);
          slot(error.kind === 'throttling' ? 'throttled' : 'answered');
          if (error.kind === 'throttling') reachedOnce = true;
          if (!creates) signal.throwIfAborted();
          const pause = run.pauseAfter(error, thrown);
          if (pause === undefined) throw await explained(settings, call.operation, error, thrown);
          await sleep(pause, signal);
        }
      }
    },
  };
}

/** One call with its tries so far. */
class Run {
  readonly #settings: CallSettings;
  readonly #call: Call;
  readonly #reachedOnce: () => boolean;
  readonly #started = performance.now();
  #tries = 0;
  #renewed = false;

  constructor(settings: CallSettings, call: Call, reachedOnce: () => boolean) {
    this.#settings = settings;
    this.#call = call;
    this.#reachedOnce = reachedOnce;
  }

  /** Milliseconds to wait before the next try; undefined when there is none. */
  pauseAfter(error: AwsError, thrown: unknown): number | undefined {
    this.#tries++;
    const elapsed = performance.now() - this.#started;
    const left = this.#tries < (this.#settings.tries ?? DEFAULT_TRIES);
    if (this.#call.notYet?.(error)) {
      return elapsed < (this.#call.within ?? VISIBILITY) ? this.#backOff(200, 5000) : undefined;
    }
    switch (error.kind) {
      case 'throttling': {
        const patient = this.#settings.tries === undefined ? elapsed < THROTTLING_PATIENCE : left;
        return patient ? this.#backOff(FIRST_PAUSE, LONGEST_PAUSE) : undefined;
      }
      case 'unreachable': {
        // A wrong address is told at once; a network that was there before comes back, as a rule. Nobody listens: no outage.
        const outage = this.#reachedOnce() && error.awsCode !== 'ECONNREFUSED' && elapsed < OUTAGE_PATIENCE;
        return outage || (left && this.#tries < 4) ? this.#backOff(FIRST_PAUSE, LONGEST_OUTAGE_PAUSE) : undefined;
      }
      case 'transient':
        if (NOT_REPEATABLE.has(this.#call.operation)) return undefined;
        return left ? this.#backOff(FIRST_PAUSE, LONGEST_PAUSE) : undefined;
      case 'skew':
      case 'expired':
      case 'credentials':
        return this.#onceMore(error, thrown);
      default:
        return undefined;
    }
  }

  /** After a wrong clock, which the SDK has corrected by now, or with new credentials. */
  #onceMore(error: AwsError, thrown: unknown): number | undefined {
    if (this.#renewed) return undefined;
    this.#renewed = true;
    if (clockCorrected(thrown)) return 0;
    if (error.kind !== 'expired') return undefined;
    // Even where there are no other credentials: a request that was long on its way counts as expired too.
    this.#settings.renewCredentials();
    return 0;
  }

  #backOff(first: number, longest: number): number {
    const ceiling = Math.min(longest, first * 2 ** (this.#tries - 1));
    return ceiling / 2 + (Math.random() * ceiling) / 2;
  }
}

function clockCorrected(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return false;
  return (error.$metadata as { clockSkewCorrected?: boolean }).clockSkewCorrected === true;
}

async function explained(
  settings: CallSettings,
  operation: string,
  error: AwsError,
  thrown: unknown,
): Promise<AwsError> {
  const encoded = /Encoded authorization failure message: (\S+)/.exec(String((thrown as Error)?.message ?? ''))?.[1];
  if (!encoded || !settings.decode) return error;
  const reason = await settings.decode(encoded).catch(() => undefined);
  return reason ? toAwsError({ ...settings, operation }, thrown, reason) : error;
}
