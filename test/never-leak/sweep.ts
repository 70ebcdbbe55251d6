import { type Blow, complaints, type Moment, type Outcome, strike } from './harness.ts';
import { TEMPLATES } from './templates.ts';

/** The moments at which a signal strikes: only SIGKILL makes a difference between before and after the effect. */
const MOMENTS: Readonly<Record<string, readonly Moment[]>> = {
  SIGKILL: ['received', 'done'],
  SIGINT: ['received'],
  SIGTERM: ['received'],
};

export interface Sweep {
  /** Calls of an undisturbed bake. */
  readonly calls: number;
  readonly runs: number;
  /** Runs after which finished images were there, as they should be. */
  readonly withFinished: number;
  readonly complaints: readonly string[];
  readonly milliseconds: number;
}

export interface SweepOptions {
  readonly signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM';
  /** Every how many calls to strike; 1 means all. */
  readonly step?: number;
  /** The first call struck, from 1. */
  readonly first?: number;
  /** Bakes at once. */
  readonly parallel?: number;
  readonly tell?: (outcome: Outcome) => void;
}

/** Bakes a template once for each of its calls, hit at that call, and gathers all that was wrong afterwards. */
export async function sweep(name: string, options: SweepOptions): Promise<Sweep> {
  const { signal, step = 1, first = 1, parallel = 2, tell } = options;
  const template = TEMPLATES[name] ?? {};
  const started = performance.now();
  const whole = await strike(name, template, undefined);
  const found = complaints(whole);
  if (whole.build.code !== 0) found.push(`the undisturbed build failed: ${whole.build.stdout}${whole.build.stderr}`);
  const blows: Blow[] = [];
  // Calls run at the same time, so another run may make a few more: two beyond the last are tried as well.
  for (let call = first; call <= whole.calls.length + 2; call += step)
    for (const moment of MOMENTS[signal] ?? []) blows.push({ signal, moment, call });
  let withFinished = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let blow = blows[next++]; blow; blow = blows[next++]) {
      const outcome = await strike(name, template, blow);
      tell?.(outcome);
      if (outcome.finished.length > 0) withFinished += 1;
      found.push(...complaints(outcome));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return {
    calls: whole.calls.length,
    runs: blows.length,
    withFinished,
    complaints: found,
    milliseconds: performance.now() - started,
  };
}
