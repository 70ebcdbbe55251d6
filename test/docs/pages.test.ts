import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { catalog } from '../../src/catalog.ts';
import { planBuilds } from '../../src/engine/plan.ts';
import { loadJsonTemplate } from '../../src/template/json/load.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const KINDS = [
  ['builders', catalog.builders],
  ['provisioners', catalog.provisioners],
  ['post-processors', catalog.postProcessors],
] as const;
const GENERATED = '<!-- options: generated from schema.ts';

const nothing = { type: 'null', communicator: 'none' };

/** A template around the example of a page. */
function templateOf(kind: (typeof KINDS)[number][0], example: unknown): object {
  const variables = { commit: 'x', vagrant_cloud_token: 'x' };
  if (kind === 'builders') return { variables, builders: [example] };
  if (kind === 'provisioners') return { variables, builders: [nothing], provisioners: [example] };
  return { variables, builders: [nothing], 'post-processors': [example] };
}

async function complaints(document: object): Promise<string[]> {
  const source = { path: 't.json', text: JSON.stringify(document) };
  const rest = { vars: [], varFiles: [], only: [], except: [], syntaxOnly: false, startedAt: new Date(0) };
  const { template, diagnostics } = await loadJsonTemplate(source, { ...rest, env: {}, cwd: process.cwd() });
  assert.ok(template, diagnostics[0]?.message);
  const options = { force: false, debug: false, onError: 'cleanup', local: false, mustRun: false } as const;
  const plans = await planBuilds(template, catalog, options);
  return [...diagnostics, ...plans.diagnostics]
    .filter(one => one.code !== 'missing-file')
    .map(one => `${one.severity} ${one.code}: ${one.message}`);
}

describe('docs: one page a type', () => {
  for (const [kind, entries] of KINDS) {
    for (const type of Object.keys(entries)) {
      it(`${kind}/${type} has a page with a text and examples that kiln accepts without a warning`, async () => {
        const page = readFileSync(new URL(`${kind}/${type}.md`, DOCS), 'utf8');
        const text = page.slice(0, page.indexOf(GENERATED));
        assert.ok(text.split('\n').filter(line => line !== '').length >= 5, 'too short');
        const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(match => JSON.parse(match[1] ?? ''));
        assert.ok(examples.length > 0, 'no example');
        for (const example of examples) assert.deepEqual(await complaints(templateOf(kind, example)), []);
      });
    }
    it(`${kind} has no page of a type that is not there`, () => {
      for (const file of readdirSync(new URL(`${kind}/`, DOCS))) {
        const schema = new URL(`../${kind}/${file.replace('.md', '')}/schema.ts`, DOCS);
        assert.ok(readFileSync(schema, 'utf8'), file);
      }
    });
  }

  it('links lead somewhere', () => {
    const pages = [
      ...readdirSync(DOCS).filter(name => name.endsWith('.md')),
      ...KINDS.flatMap(([kind]) => readdirSync(new URL(`${kind}/`, DOCS)).map(name => `${kind}/${name}`)),
    ];
    for (const page of pages) {
      const text = readFileSync(new URL(page, DOCS), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g))
        assert.ok(exists(new URL(target, new URL(page, DOCS))), `${page}: ${target}`);
    }
  });
});

function exists(url: URL): boolean {
  try {
    return readFileSync(url).length > 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}
