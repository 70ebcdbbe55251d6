import assert from 'node:assert/strict';
import { catalog } from '../../src/catalog.ts';
import { planBuilds, runBuilds } from '../../src/engine/index.ts';
import { ledgerFolder } from '../../src/engine/ledger.ts';
import { leftovers, readRuns } from '../../src/engine/runs.ts';
import type { BuildEvent } from '../../src/sdk/events.ts';
import { loadJsonTemplate } from '../../src/template/json/load.ts';

/** One build that did not succeed, as the user is told. */
export interface Failure {
  readonly build: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly error: unknown;
}

export interface EngineBake {
  readonly succeeded: number;
  readonly failures: readonly Failure[];
  /** Errors told besides the failures, e.g. what could not be removed. */
  readonly complaints: readonly string[];
  readonly said: readonly string[];
  /** Resources that the ledger counts as left. */
  readonly left: readonly string[];
}

/** Bakes a template with kiln's engine, planned and run as `kiln build` does, in this process. */
export async function engineBake(template: object, stateHome: string, signal?: AbortSignal): Promise<EngineBake> {
  const cwd = process.cwd();
  const loaded = await loadJsonTemplate(
    { path: 'template.json', text: JSON.stringify(template) },
    { vars: [], varFiles: [], only: [], except: [], syntaxOnly: false, env: {}, cwd, startedAt: new Date() },
  );
  assert.ok(loaded.template, JSON.stringify(loaded.diagnostics));
  const options = { force: false, debug: false, onError: 'cleanup', local: false, mustRun: true } as const;
  const { builds, diagnostics } = await planBuilds(loaded.template, catalog, options);
  const wrong = diagnostics.filter(one => one.severity === 'error').map(one => one.message);
  assert.deepEqual(wrong, []);
  const events: BuildEvent[] = [];
  const env = { XDG_STATE_HOME: stateHome };
  const summary = await runBuilds({
    template: loaded.template,
    plans: builds,
    parallel: 0,
    signal: signal ?? new AbortController().signal,
    emit: event => void events.push(event),
    ask: async () => {
      throw new Error('nobody is there to ask');
    },
    secrets: { mask: text => text, add: () => {} },
    env,
    cwd,
    local: false,
  });
  const damaged = (message: string): void => assert.fail(message);
  return {
    succeeded: summary.succeeded,
    failures: events.flatMap(event =>
      event.type === 'build-failed'
        ? [{ build: event.build, message: event.message, hint: event.hint, error: event.error }]
        : [],
    ),
    complaints: events.flatMap(event => (event.type === 'error' ? [event.text] : [])),
    said: events.flatMap(event => (event.type === 'say' ? [event.text] : [])),
    left: readRuns(ledgerFolder(env), damaged)
      .flatMap(leftovers)
      .map(one => `${one.ref.kind} ${one.ref.id ?? one.ref.name ?? one.ref.token ?? ''} (${one.state})`),
  };
}
