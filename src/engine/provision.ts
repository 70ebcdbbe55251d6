import { sleep, withDeadline } from '../sdk/async.ts';
import { formatDuration } from '../sdk/duration.ts';
import { CancelledError, DiagnosticError, KilnError, messageOf } from '../sdk/errors.ts';
import type { PreparedProvisioner, ProvisionContext } from '../sdk/plugin.ts';
import type { ProvisionerSpec } from '../template/model.ts';
import type { BuildUi } from './build-ui.ts';
import type { Planned } from './plan.ts';

type PlannedProvisioner = Planned<ProvisionerSpec, PreparedProvisioner>;

/** A context for one provisioner; its signal may be narrower than the build's. */
export type ProvisionerContexts = (signal: AbortSignal) => ProvisionContext;

/** Runs one provisioner with the meta options of its template entry: continue_on_error( retry( pause, timeout( plugin ))). */
export async function runProvisioner(
  planned: PlannedProvisioner,
  contexts: ProvisionerContexts,
  ui: BuildUi,
  signal: AbortSignal,
  reevaluate: boolean,
): Promise<void> {
  const { spec } = planned;
  try {
    await withRetries(spec, ui, signal, () => once(planned, contexts, ui, signal, reevaluate));
  } catch (error) {
    if (!spec.continueOnError || signal.aborted) throw error;
    ui.error(`Provisioner "${spec.type}" failed and the build goes on, as continue_on_error asks: ${messageOf(error)}`);
  } finally {
    ui.flush();
  }
}

async function withRetries(
  spec: ProvisionerSpec,
  ui: BuildUi,
  signal: AbortSignal,
  body: () => Promise<void>,
): Promise<void> {
  let first: unknown;
  for (let left = spec.maxRetries; ; left--) {
    try {
      return await body();
    } catch (error) {
      first ??= error;
      if (signal.aborted || spec.maxRetries === 0) throw error;
      if (left <= 0) {
        ui.error('retry limit reached.');
        throw first;
      }
      ui.flush();
      ui.say(`Provisioner failed with "${messageOf(first)}", retrying with ${left} trie(s) left`);
    }
  }
}

async function once(
  planned: PlannedProvisioner,
  contexts: ProvisionerContexts,
  ui: BuildUi,
  signal: AbortSignal,
  reevaluate: boolean,
): Promise<void> {
  const { spec } = planned;
  if (spec.pauseBefore > 0) {
    ui.say(`Pausing ${formatDuration(spec.pauseBefore)} before the next provisioner...`);
    await sleep(spec.pauseBefore, signal);
  }
  if (spec.timeout <= 0) return attempt(planned, contexts(signal), reevaluate);
  ui.say(`Setting a ${formatDuration(spec.timeout)} timeout for the next provisioner...`);
  const expired = new KilnError(
    `provisioner "${spec.type}" did not finish within its timeout of ${formatDuration(spec.timeout)}`,
    {
      code: 'provisioner-timeout',
      hint: 'raise "timeout" of that provisioner, or find out what it waits for',
    },
  );
  try {
    await withDeadline(
      spec.timeout,
      signal,
      () => expired,
      narrowed => attempt(planned, contexts(narrowed), reevaluate),
    );
  } catch (error) {
    if (signal.aborted) throw error;
    if (error === expired || (error instanceof CancelledError && !signal.aborted)) {
      ui.say('Cancelling provisioner after a timeout...');
      throw expired;
    }
    throw error;
  }
}

async function attempt(planned: PlannedProvisioner, context: ProvisionContext, reevaluate: boolean): Promise<void> {
  let prepared = planned.prepared;
  if (reevaluate) {
    const again = await planned.again(context.buildData);
    if (again.result === undefined) throw new DiagnosticError(again.diagnostics);
    for (const secret of again.secrets) context.secret(secret);
    prepared = again.result;
  }
  context.signal.throwIfAborted();
  await prepared.provision(context);
}
