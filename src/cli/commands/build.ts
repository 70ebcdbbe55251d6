import { catalog } from '../../catalog.ts';
import { type BuildPlan, planBuilds, runBuilds } from '../../engine/index.ts';
import { hasErrors, sortDiagnostics } from '../../sdk/diagnostics.ts';
import type { Emit } from '../../sdk/events.ts';
import { nodeAt } from '../../sdk/node.ts';
import type { OnError } from '../../sdk/plugin.ts';
import { loadTemplate } from '../../template/load.ts';
import { awsSecrets } from '../aws-secrets.ts';
import { Interrupts } from '../interrupts.ts';
import type { Io } from '../io.ts';
import { loadOptions } from '../load-options.ts';
import { openLocalEc2 } from '../local/open.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { askOnTerminal } from '../prompt.ts';
import { SecretMask } from '../secret-mask.ts';
import { rendererFor } from '../ui/index.ts';
import { localEpilogue } from '../ui/local-epilogue.ts';
import { reportDiagnostics, reportFailure } from '../ui/report.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [path, ...more] = args.positionals;
  if (path === undefined || more.length > 0)
    throw new UsageError(`build takes one template, not ${args.positionals.length}`, 'write kiln build template.json');
  if (args.string('faults') !== undefined && !args.boolean('local'))
    throw new UsageError('-faults goes with -local: only the embedded EC2 misbehaves on demand');
  const mode = outputMode(args);
  const loaded = await loadTemplate(path, {
    ...loadOptions(args, io, {
      evaluateDatasources: true,
      warnUndeclared: args.boolean('warn-on-undeclared-var') === true,
    }),
    secrets: awsSecrets,
  });
  if (!loaded.template || hasErrors(loaded.diagnostics)) {
    reportDiagnostics(io, mode, sortDiagnostics(loaded.diagnostics));
    return 1;
  }
  const { template } = loaded;
  const renderer = rendererFor(io, mode);
  const mask = new SecretMask(template.secrets);
  const emit: Emit = event => renderer.event(event);
  const interrupts = new Interrupts(emit, io);
  const localEc2 = args.boolean('local')
    ? await openLocalEc2({ env: io.env, faults: args.string('faults'), notice: text => emit({ type: 'notice', text }) })
    : undefined;
  try {
    const plans = await planBuilds(template, catalog, {
      force: args.boolean('force') === true,
      debug: args.boolean('debug') === true,
      onError: (args.string('on-error') ?? 'cleanup') as OnError,
      local: localEc2 !== undefined,
      mustRun: true,
    });
    for (const secret of plans.secrets) mask.add(secret);
    const diagnostics = sortDiagnostics([...loaded.diagnostics, ...plans.diagnostics]);
    if (diagnostics.length > 0) reportDiagnostics(io, mode, diagnostics);
    if (plans.builds.length === 0) {
      if (plans.failed.length === 0)
        reportFailure(
          io,
          mode,
          'no build is selected',
          'check -only and -except against the names that "kiln inspect" lists',
        );
      return 1;
    }
    const summary = await runBuilds({
      template,
      plans: plans.builds,
      parallel: args.number('parallel-builds') ?? 0,
      signal: interrupts.signal,
      emit,
      ask: askOnTerminal(io, mode, () => renderer.pause()),
      secrets: mask,
      env: io.env,
      cwd: io.cwd,
      local: localEc2 !== undefined,
    });
    if (localEc2 && mode.kind === 'human' && summary.succeeded > 0)
      io.out(localEpilogue(localEc2, manifests(plans.builds)));
    return summary.failed > 0 || plans.failed.length > 0 || summary.interrupted ? 1 : 0;
  } finally {
    interrupts.close();
    renderer.close();
    await localEc2?.close();
  }
}

/** Paths of the manifests that the builds write, as far as their names are fixed. */
function manifests(builds: readonly BuildPlan[]): string[] {
  const elements = builds.flatMap(build => build.sequences.flat()).filter(element => element.spec.type === 'manifest');
  const paths = elements.map(element => nodeAt(element.spec.options(undefined).node, ['output']));
  return [
    ...new Set(paths.map(node => (node?.kind === 'string' && node.value !== '' ? node.value : 'packer-manifest.json'))),
  ].filter(path => !path.includes('{{'));
}
