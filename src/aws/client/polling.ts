import type { AccessOptions } from '../options/index.ts';

/** What the user wants of waits; undefined: each wait's own values. Times in milliseconds. */
export interface Polling {
  readonly delay?: number;
  readonly longest?: number;
}

/** Seconds between looks when only their number is given (reference: ebs-build-sequence.md, section 1). */
const DELAY_WITH_ATTEMPTS = 2;

/** The pace of waits by aws_polling and AWS_POLL_DELAY_SECONDS, AWS_MAX_ATTEMPTS, AWS_TIMEOUT_SECONDS. */
export function chosenPolling(options: AccessOptions['aws_polling'], env: NodeJS.ProcessEnv): Polling {
  const delay = options?.delay_seconds || integer(env['AWS_POLL_DELAY_SECONDS']);
  const attempts = options?.max_attempts || integer(env['AWS_MAX_ATTEMPTS']);
  const total = integer(env['AWS_TIMEOUT_SECONDS']);
  if (attempts) {
    const each = delay ?? DELAY_WITH_ATTEMPTS;
    return { delay: each * 1000, longest: attempts * each * 1000 };
  }
  if (total) return { delay: (delay ?? DELAY_WITH_ATTEMPTS) * 1000, longest: total * 1000 };
  return delay ? { delay: delay * 1000 } : {};
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}
