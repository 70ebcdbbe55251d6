import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Diagnostic } from '../../../src/sdk/diagnostics.ts';
import { fixedText, fixTemplate } from '../../../src/template/fix/index.ts';
import { formatJson } from '../../../src/template/format/json.ts';
import { inspectJson } from '../../../src/template/json/inspect.ts';
import { loadJsonTemplate } from '../../../src/template/json/load.ts';
import { parseJson } from '../../../src/template/json/parse.ts';
import { readCorpus } from '../corpus.ts';
import { mutate, randomDocument, seeded } from './mutate.ts';

/** Texts per kind; KILN_FUZZ=100000 for a long run, KILN_FUZZ_SEED to repeat one. */
const COUNT = Number(process.env.KILN_FUZZ ?? 3000);
const SEED = Number(process.env.KILN_FUZZ_SEED ?? 1);

const OWN_TEMPLATE = `{
  "variables": {"region": "eu-west-1", "ami": null, "name": "web-{{isotime \\"20060102\\"}}-{{user \`region\`}}"},
  "sensitive-variables": ["ami"],
  "builders": [
    {"type": "amazon-ebs", "name": "{{user \`region\`}}-a", "tags": {"a": "b", "c": "{{.SourceAMI}}"}, "regions": ["x", "y"], "n": 1.5},
    {"type": "null", "communicator": "none"}
  ],
  "provisioners": [
    {"type": "shell", "inline": ["echo {{build_name}}"], "only": ["null"], "override": {"null": {"inline": ["x"]}}, "pause_before": "1m"},
    {"type": "file", "source": "a", "destination": "/tmp/", "max_retries": "{{user \`region\`}}"}
  ],
  "error-cleanup-provisioner": {"type": "shell", "inline": "x"},
  "post-processors": ["manifest", {"type": "compress", "keep_input_artifact": true}, [{"type": "checksum", "name": "c"}, "artifice"]],
  "min_packer_version": "1.5.0", "description": "d", "_comment": "c"
}
`;

function checkDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const { message, span, hint = 'x' } of diagnostics) {
    assert.ok(hint.length > 0 && hint.length < 500, hint);
    assert.ok(message.length > 0 && message.length < 500, message);
    assert.doesNotMatch(message, /undefined|\[object |TypeError/);
    if (span) assert.ok(0 <= span.start && span.start <= span.end && span.end <= span.file.text.length);
  }
}

/** JSON.parse is the judge. */
function isValid(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}

async function check(text: string): Promise<void> {
  const source = { path: 't.json', text };
  const { root, diagnostics } = parseJson(source);
  checkDiagnostics(diagnostics);
  for (const { message, hint } of diagnostics) assert.doesNotMatch(message + hint, /[\u0000-\u001f]/);
  // Numbers beyond a 64-bit float are refused, as Go refuses them.
  if (!/\d[eE]\+?\d{3}/.test(text)) assert.equal(diagnostics.length === 0, isValid(text));
  for (const syntaxOnly of [true, false]) {
    const loaded = await loadJsonTemplate(source, {
      vars: [['ami', 'x']],
      varFiles: [],
      only: [],
      except: [],
      syntaxOnly,
      env: {},
      cwd: '/',
      startedAt: new Date(0),
    });
    checkDiagnostics(loaded.diagnostics);
    for (const build of loaded.template?.builds ?? []) {
      for (const part of [build.builder, ...build.provisioners, ...build.sequences.flat()]) part.options(undefined);
    }
  }
  inspectJson(source);
  const formatted = formatJson(source);
  assert.equal('text' in formatted, diagnostics.length === 0);
  if ('text' in formatted) {
    const again = formatJson({ path: 't.json', text: formatted.text });
    assert.ok('text' in again);
    assert.equal(again.text, formatted.text);
  }
  if (!root || diagnostics.length > 0) return;
  const fixed = fixTemplate(root);
  checkDiagnostics(fixed.diagnostics);
  if (fixed.document) assert.ok(isValid(fixedText(fixed.document)));
}

async function checkAll(texts: Iterable<string>): Promise<void> {
  for (const text of texts) {
    try {
      await check(text);
    } catch (error) {
      throw new Error(`seed ${SEED}, text ${JSON.stringify(text)}`, { cause: error });
    }
  }
}

describe('template/json: any text gives a result or complaints, never an exception', function () {
  this.timeout(Math.max(60_000, COUNT * 20));

  it(`${COUNT} mutated templates`, () => {
    const random = seeded(SEED);
    const texts = [OWN_TEMPLATE, ...(readCorpus() ?? []).map(entry => entry.text)];
    function* mutated(): Generator<string> {
      for (let index = 0; index < COUNT; index++) yield mutate(texts[index % texts.length] ?? '', random);
    }
    return checkAll(mutated());
  });

  it(`${COUNT} random documents`, () => {
    const random = seeded(SEED + 1);
    function* documents(): Generator<string> {
      for (let index = 0; index < COUNT; index++) {
        const text = JSON.stringify(randomDocument(random), null, index % 3);
        yield index % 4 === 0 ? mutate(text, random) : text;
      }
    }
    return checkAll(documents());
  });
});
