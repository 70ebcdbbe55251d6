import type { CallRecord } from '../options.ts';

/** Calls remembered; older ones are forgotten, so that a long-running endpoint does not grow. */
const LIMIT = 20_000;

export class CallLog {
  readonly calls: CallRecord[] = [];

  add(call: CallRecord): void {
    this.calls.push(call);
    if (this.calls.length > LIMIT) this.calls.splice(0, this.calls.length - LIMIT);
  }
}
