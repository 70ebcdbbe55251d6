import assert from 'node:assert/strict';
import { catalog } from '../../src/catalog.ts';
import { dataSources } from '../../src/cli/data-sources.ts';
import { planBuilds } from '../../src/engine/plan.ts';
import { hasErrors } from '../../src/sdk/diagnostics.ts';
import { downgradeTemplate } from '../../src/template/downgrade/index.ts';
import { formatHcl } from '../../src/template/hcl/format/index.ts';
import { inspectHcl } from '../../src/template/hcl/inspect.ts';
import { parseHcl } from '../../src/template/hcl/syntax/index.ts';
import { loadTemplate } from '../../src/template/load.ts';
import { checkMessages } from './check.ts';

/** Everything that `validate`, `fmt`, `inspect` and `hcl2_downgrade` do with a text. */
export async function checkHcl(text: string, cwd: string): Promise<void> {
  const file = { path: 'a.pkr.hcl', text };
  const { diagnostics: faults } = parseHcl(file);
  for (const { span, message } of faults)
    assert.ok(span && span.start >= 0 && span.start <= span.end && span.end <= text.length, message);
  checkMessages(text, faults);
  const formatted = formatHcl(file);
  assert.equal('text' in formatted, !hasErrors(faults));
  if ('text' in formatted) assert.deepEqual(formatHcl({ ...file, text: formatted.text }), formatted, 'fmt twice');

  const options = {
    vars: [['x', 'given']] as const,
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: { HOME: cwd, PATH: process.env['PATH'] },
    cwd,
    startedAt: new Date(0),
    configType: 'hcl2',
    stdin: async () => Buffer.from(text),
    dataSources: dataSources(),
  } as const;
  const { template, diagnostics } = await loadTemplate('-', options);
  checkMessages(text, diagnostics);
  if (hasErrors(faults)) assert.ok(hasErrors(diagnostics));
  if (template) {
    const plan = { force: false, debug: false, onError: 'cleanup', local: false } as const;
    checkMessages(text, (await planBuilds(template, catalog, { ...plan, mustRun: true })).diagnostics);
  }
  checkMessages(text, (await inspectHcl('-', options)).diagnostics);
  const down = await downgradeTemplate('-', options, () => undefined);
  checkMessages(text, down.diagnostics);
  if (down.text === undefined) assert.ok(hasErrors(down.diagnostics));
  else JSON.parse(down.text);
}
