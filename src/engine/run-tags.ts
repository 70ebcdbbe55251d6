/** How long a machine may live when its builder does not say, in milliseconds. */
const USUAL_BUILD_TIME = 6 * 3_600_000;
/** How long what a build without limit makes counts as in use, in milliseconds. */
const UNLIMITED = 7 * 24 * 3_600_000;
/** How much longer than its machines a run is believed to live where nobody can ask it (copies take hours). */
const GRACE = 24 * 3_600_000;

/** How long what a build makes now may be in use: the builder's max_build_time, counted anew for each step. */
export function timeInUse(maxBuildTime: number | undefined): number {
  if (maxBuildTime === undefined) return USUAL_BUILD_TIME;
  return maxBuildTime > 0 ? maxBuildTime : UNLIMITED;
}

/** The tags of what is made now: whose it is, and when `kiln gc -by-tag` may take it for a leftover. */
export function runTags(
  runId: string,
  templateName: string,
  maxBuildTime: number | undefined,
): Readonly<Record<string, string>> {
  return {
    'kiln:run': runId,
    'kiln:template': templateName,
    'kiln:expires': new Date(Date.now() + timeInUse(maxBuildTime)).toISOString(),
  };
}

/** When a run that began now is certainly over. */
export function runExpiry(maxBuildTimes: readonly (number | undefined)[]): string {
  return new Date(Date.now() + Math.max(0, ...maxBuildTimes.map(timeInUse)) + GRACE).toISOString();
}
