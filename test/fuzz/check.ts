import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { catalog } from '../../src/catalog.ts';
import { diagnosticToJson, formatDiagnostic, githubAnnotation } from '../../src/cli/ui/diagnostics.ts';
import { styleFor } from '../../src/cli/ui/style.ts';
import { planBuilds } from '../../src/engine/plan.ts';
import { type Diagnostic, hasErrors } from '../../src/sdk/diagnostics.ts';
import { fixedText, fixTemplate, renderFixed } from '../../src/template/fix/index.ts';
import { formatJson } from '../../src/template/format/json.ts';
import { loadJsonTemplate } from '../../src/template/json/load.ts';
import { parseJson } from '../../src/template/json/parse.ts';

const plain = styleFor(false);
const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const documented = new Set([...page.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(match => match[1]));

/** Everything that `validate`, `fmt` and `fix` do with a text. */
export async function checkTemplate(text: string, cwd: string): Promise<void> {
  const source = { path: 't.json', text };
  const { template, diagnostics } = await loadJsonTemplate(source, {
    vars: [['a', 'x']],
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: { HOME: cwd, PATH: process.env['PATH'] },
    cwd,
    startedAt: new Date(0),
  });
  checkMessages(text, diagnostics);
  if (template) {
    const options = { force: false, debug: false, onError: 'cleanup', local: false } as const;
    for (const mustRun of [false, true])
      checkMessages(text, (await planBuilds(template, catalog, { ...options, mustRun })).diagnostics);
  }
  const formatted = formatJson(source);
  if ('text' in formatted) assert.deepEqual(JSON.parse(formatted.text), JSON.parse(text.replace(/^\ufeff/, '')));
  const { root, diagnostics: faults } = parseJson(source);
  if (!root || hasErrors(faults)) return;
  const fixed = fixTemplate(root);
  checkMessages(text, fixed.diagnostics);
  if (fixed.document) for (const print of [fixedText, renderFixed]) JSON.parse(print(fixed.document));
}

/** No message is missing its documentation, a place, or a line too long to read; none is an exception in disguise. */
export function checkMessages(text: string, diagnostics: readonly Diagnostic[]): void {
  const [saysUndefined, saysNaN] = [text.includes('undefined'), text.includes('NaN')];
  for (const one of diagnostics) {
    assert.ok(documented.has(one.code), `docs/errors.md does not have "${one.code}"`);
    const shown = formatDiagnostic(one, plain);
    assert.doesNotMatch(shown, /\n\s+at .*:\d+:\d+\)?$|TypeError|RangeError|\[object |ERR_[A-Z]/m);
    if (!saysUndefined)
      assert.doesNotMatch(
        `${one.message} ${one.hint ?? ''}`,
        /^undefined|"undefined"|\bundefined (?:is|must|takes|does)\b/,
      );
    if (!saysNaN) assert.doesNotMatch(`${one.message} ${one.hint ?? ''}`, /NaN/);
    assert.ok(
      shown.split('\n').every(line => line.length < 600),
      shown,
    );
    JSON.stringify(diagnosticToJson(one));
    assert.match(githubAnnotation(one), /^::(error|warning)[^\n]*\n$/);
  }
}
