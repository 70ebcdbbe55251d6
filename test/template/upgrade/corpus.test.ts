import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { catalog } from '../../../src/catalog.ts';
import { dataSources } from '../../../src/cli/data-sources.ts';
import { optionTables } from '../../../src/cli/option-tables.ts';
import { type BuildPlan, planBuilds } from '../../../src/engine/plan.ts';
import { type Diagnostic, hasErrors } from '../../../src/sdk/diagnostics.ts';
import { formatHcl } from '../../../src/template/hcl/format/index.ts';
import { loadTemplate } from '../../../src/template/load.ts';
import type { Template } from '../../../src/template/model.ts';
import { upgradeTemplate } from '../../../src/template/upgrade/index.ts';
import { prepareEntry, standInTools } from '../../corpus/prepare.ts';
import { type CorpusEntry, readCorpus } from '../corpus.ts';
import { comparable } from './comparable.ts';

const corpus = readCorpus();
const STARTED_AT = new Date('2026-11-20T12:34:56Z');

/** Builders whose names contain a variable without a default: names of sources are constants, so theirs are made up. */
const COMPUTED_NAMES = new Set(['json/016.json']);

interface Planned {
  readonly template: Template | undefined;
  readonly builds: readonly BuildPlan[];
  readonly errors: readonly Diagnostic[];
}

async function plan(file: string, dir: string, entry: CorpusEntry): Promise<Planned> {
  const { template, diagnostics } = await loadTemplate(file, {
    vars: (entry.validate.vars ?? []).map(name => [name, 'x'] as const),
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    cwd: dir,
    startedAt: STARTED_AT,
    dataSources: dataSources(),
  });
  const isError = (one: Diagnostic): boolean => one.severity === 'error';
  if (!template) return { template, builds: [], errors: diagnostics.filter(isError) };
  const options = { force: false, debug: false, onError: 'cleanup', local: false, mustRun: false } as const;
  const plans = await planBuilds(template, catalog, options);
  return { template, builds: plans.builds, errors: [...diagnostics, ...plans.diagnostics].filter(isError) };
}

describe('hcl2_upgrade on public templates', () => {
  let root = '';
  const saved = { cwd: process.cwd(), env: { ...process.env } };

  before(function () {
    if (!corpus) return this.skip();
    root = realpathSync(mkdtempSync(join(tmpdir(), 'kiln-upgrade-')));
    for (const name of Object.keys(process.env))
      if (/^(AWS|PACKER|PKR|VAGRANT|ATLAS|HCP)_/.test(name)) delete process.env[name];
    process.env['PATH'] = `${standInTools(root)}:${process.env['PATH']}`;
  });

  after(() => {
    process.chdir(saved.cwd);
    process.env = saved.env;
    if (root) rmSync(root, { recursive: true, force: true });
  });

  for (const entry of corpus ?? []) {
    it(`upgrades ${entry.file}`, async () => {
      const { dir, file } = prepareEntry(entry, root);
      process.chdir(dir);
      const json = await plan(file, dir, entry);
      const source = { path: file, text: readFileSync(join(dir, file), 'utf8') };
      const { text, diagnostics } = upgradeTemplate(source, { annotations: false, ...(await optionTables(source)) });
      if (text === undefined) {
        assert.ok(hasErrors(diagnostics) && json.errors.length > 0, `${entry.file} was not upgraded`);
        return;
      }
      assert.deepEqual(formatHcl({ path: 'x.pkr.hcl', text }), { text }, 'it is formatted');
      writeFileSync(join(dir, 'upgraded.pkr.hcl'), text);
      const hcl = await plan('upgraded.pkr.hcl', dir, entry);
      if (json.errors.length === 0)
        assert.deepEqual(
          hcl.errors.map(one => `${one.code} ${one.message}`),
          [],
          'it is valid',
        );
      else assert.ok(hcl.errors.length > 0, `it is not valid: ${json.errors[0]?.message}`);
      if (json.errors.length > 0) return;
      assert.ok(json.template && hcl.template);
      const named = !COMPUTED_NAMES.has(entry.file);
      assert.deepEqual(
        await comparable(hcl.template, STARTED_AT, named),
        await comparable(json.template, STARTED_AT, named),
      );
    });
  }
});
