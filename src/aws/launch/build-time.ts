import type { RunOptions } from '../options/index.ts';

/** How long an instance may live when the template does not say, in milliseconds. */
const USUAL_BUILD_TIME = 6 * 3_600_000;

/** How long the instance of these options may live, in milliseconds; 0: for ever. */
export function buildTimeOf(options: Pick<RunOptions, 'max_build_time'>): number {
  return options.max_build_time ?? USUAL_BUILD_TIME;
}
