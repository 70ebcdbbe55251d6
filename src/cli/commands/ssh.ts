import { catalog } from '../../catalog.ts';
import { connectToKept } from '../../engine/attach-kept.ts';
import type { KeptBuild } from '../../engine/kept-run.ts';
import { planBuilds } from '../../engine/plan.ts';
import type { CommandResult } from '../../sdk/communicator.ts';
import { hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import { CancelledError, KilnError } from '../../sdk/errors.ts';
import type { Ui } from '../../sdk/plugin.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import { loadTemplate } from '../../template/load.ts';
import { awsSecrets } from '../aws-secrets.ts';
import type { Io } from '../io.ts';
import { type FoundKeptRun, findKeptRun } from '../kept.ts';
import { enterFolder, replayedOptions } from '../load-options.ts';
import { openLocalEc2, requireLasting } from '../local/open.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { askOnTerminal } from '../prompt.ts';
import { SecretMask } from '../secret-mask.ts';
import { ownTerminal } from '../terminal.ts';
import { reportDiagnostics, reportFailure } from '../ui/report.ts';

/** Exit code when the connection was lost, as OpenSSH's client gives it. */
const DISCONNECTED = 255;

/** Opens a shell on a kept instance, or runs a command there; exits with its code. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [wanted, ...words] = args.positionals;
  if (wanted === undefined) throw new UsageError('ssh takes a run', 'write kiln ssh RUN, or kiln ssh last');
  const mode = outputMode(args);
  const found = findKeptRun(io, wanted, message => reportFailure(io, mode, message));
  const build = chosen(found, args.string('build'));
  const { invocation } = found.kept;
  const here = enterFolder(invocation.cwd, io);
  if (invocation.local) {
    await requireLasting(io.env);
    await openLocalEc2({ env: io.env, notice: () => {} });
  }
  const loaded = await loadTemplate(invocation.template, {
    ...replayedOptions(invocation, here, { evaluateDatasources: true }),
    secrets: awsSecrets,
  });
  const plans =
    loaded.template && !hasErrors(loaded.diagnostics)
      ? await planBuilds(loaded.template, catalog, {
          force: false,
          debug: false,
          onError: 'keep',
          local: invocation.local,
          mustRun: true,
        })
      : undefined;
  const plan = plans?.builds.find(one => one.spec.displayName === build.build);
  if (!loaded.template || !plan) {
    const secrets = [loaded.confidential, loaded.template?.secrets, plans?.secrets].flatMap(list => list ?? []);
    const complaints = sortDiagnostics([...loaded.diagnostics, ...(plans?.diagnostics ?? [])]);
    reportDiagnostics(io, mode, complaints, new SecretMask(secrets));
    throw new KilnError(`the template has no valid build "${build.build}" that says how to log in`);
  }
  const cancel = new AbortController();
  for (const signal of ['SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => cancel.abort(new CancelledError('the session was ended')));
  const ui = quiet(
    io,
    askOnTerminal(io, mode, () => {}),
  );
  const communicator = await connectToKept({
    template: loaded.template,
    plan,
    run: found.run,
    kept: found.kept,
    build,
    ui,
    signal: cancel.signal,
  });
  try {
    if (!communicator.shell) throw new KilnError(`communicator ${communicator.type} gives no shell`);
    // A reader that goes away ends the output, not the session.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    const terminal = words.length === 0 ? ownTerminal(io) : undefined;
    try {
      const result = await communicator.shell({
        signal: cancel.signal,
        input: process.stdin,
        output: process.stdout,
        error: process.stderr,
        ...(words.length > 0 && { command: words.join(' ') }),
        ...(terminal && { terminal: terminal.terminal }),
      });
      return exitCode(result);
    } finally {
      terminal?.restore();
    }
  } finally {
    await communicator.close();
    // What the connection ran through, e.g. a session manager tunnel, ends with it.
    cancel.abort(new CancelledError('the session is over'));
  }
}

function chosen({ kept }: FoundKeptRun, name: string | undefined): KeptBuild {
  const names = kept.builds.map(one => one.build);
  const [only, ...others] = kept.builds;
  const build = name === undefined ? only : kept.builds.find(one => one.build === name);
  if (name === undefined && others.length > 0)
    throw new UsageError(`run ${kept.runId} kept several builds`, `name one: -build=${names.join(' or -build=')}`);
  if (build) return build;
  throw new UsageError(`run ${kept.runId} kept no build "${name ?? ''}"`, didYouMean(name ?? '', names).hint);
}

function exitCode(result: CommandResult): number {
  if (result.kind === 'exit') return result.code;
  return result.kind === 'disconnect' ? DISCONNECTED : DISCONNECTED - 1;
}

/** What connecting has to say is of no interest here, unless it goes wrong. */
function quiet(io: Io, ask: Ui['ask']): Ui {
  return { say: () => {}, error: text => io.err(`${text}\n`), output: () => {}, progress: () => {}, ask };
}
