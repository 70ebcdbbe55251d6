import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { catalog } from '../../../src/catalog.ts';
import { dataSources } from '../../../src/cli/data-sources.ts';
import { optionTables } from '../../../src/cli/option-tables.ts';
import { planBuilds } from '../../../src/engine/plan.ts';
import type { OptionTable } from '../../../src/sdk/options.ts';
import { downgradeTemplate } from '../../../src/template/downgrade/index.ts';
import { loadTemplate, type TemplateOptions } from '../../../src/template/load.ts';
import type { Template } from '../../../src/template/model.ts';
import { upgradeTemplate } from '../../../src/template/upgrade/index.ts';
import { prepareEntry, standInTools } from '../../corpus/prepare.ts';
import { readCorpus } from '../corpus.ts';
import { comparable } from '../upgrade/comparable.ts';

const STARTED_AT = new Date('2026-11-20T12:34:56Z');
const TEMPLATES = resolve(import.meta.dirname, '../../../templates');

/** A builder whose name contains a variable without a default: names of sources are constants, so its is made up. */
const COMPUTED_NAMES = new Set(['json/016.json']);
const tables = new Map<string, OptionTable>();

function tableOf(kind: string, type: string): OptionTable | undefined {
  return tables.get(`${kind} ${type}`);
}

function options(cwd: string, vars: readonly string[]): TemplateOptions {
  return {
    vars: vars.map(name => [name, 'x'] as const),
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    cwd,
    startedAt: STARTED_AT,
    dataSources: dataSources(),
  };
}

/** The template, and what is wrong with it and its builds. */
async function load(file: string, cwd: string, vars: readonly string[]): Promise<[Template | undefined, string[]]> {
  const { template, diagnostics } = await loadTemplate(file, options(cwd, vars));
  const plan = { force: false, debug: false, onError: 'cleanup', local: false, mustRun: false } as const;
  const planned = template ? (await planBuilds(template, catalog, plan)).diagnostics : [];
  const errors = [...diagnostics, ...planned].filter(one => one.severity === 'error');
  return [template, errors.map(one => one.message)];
}

describe('hcl2_downgrade of what hcl2_upgrade made', () => {
  let root = '';
  const saved = { cwd: process.cwd(), env: { ...process.env } };

  before(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'kiln-downgrade-')));
    for (const name of Object.keys(process.env))
      if (/^(AWS|PACKER|PKR|VAGRANT|ATLAS|HCP)_/.test(name)) delete process.env[name];
    process.env['PATH'] = `${standInTools(root)}:${process.env['PATH']}`;
    for (const [kind, entries] of [
      ['builder', catalog.builders],
      ['provisioner', catalog.provisioners],
      ['post-processor', catalog.postProcessors],
    ] as const)
      for (const [type, entry] of Object.entries(entries))
        tables.set(`${kind} ${type}`, (await entry.load()).schema.options);
  });

  after(() => {
    process.chdir(saved.cwd);
    process.env = saved.env;
    rmSync(root, { recursive: true, force: true });
  });

  for (const entry of readCorpus() ?? []) {
    it(`brings ${entry.file} back`, async function () {
      const { dir, file } = prepareEntry(entry, root);
      process.chdir(dir);
      const vars = entry.validate.vars ?? [];
      const [json, errors] = await load(file, dir, vars);
      if (!json || errors.some(one => /not built into|unknown .* type|is not defined/.test(one))) return this.skip();
      const source = { path: file, text: readFileSync(join(dir, file), 'utf8') };
      const { text = '' } = upgradeTemplate(source, { annotations: false, ...(await optionTables(source)) });
      writeFileSync(join(dir, 'there.pkr.hcl'), text);
      const back = await downgradeTemplate('there.pkr.hcl', options(dir, vars), tableOf);
      assert.deepEqual(
        back.diagnostics.filter(one => one.severity === 'error').map(one => one.message),
        [],
      );
      writeFileSync(join(dir, 'back.json'), back.text ?? '');
      const [again, found] = await load('back.json', dir, vars);
      assert.equal(found.length > 0, errors.length > 0, found.join('\n'));
      assert.ok(again);
      const named = !COMPUTED_NAMES.has(entry.file);
      assert.deepEqual(await comparable(again, STARTED_AT, named), await comparable(json, STARTED_AT, named));
    });
  }

  for (const name of ['hardened-base', 'vagrant-box', 'web-server']) {
    it(`makes of templates/${name}.pkr.hcl what templates/${name}.json says`, async () => {
      process.chdir(TEMPLATES);
      const { text, diagnostics } = await downgradeTemplate(`${name}.pkr.hcl`, options(TEMPLATES, []), tableOf);
      assert.deepEqual(
        diagnostics.filter(one => one.severity === 'error').map(one => one.message),
        [],
      );
      const stdin = async (): Promise<Buffer> => Buffer.from(text ?? '');
      const { template: made } = await loadTemplate('-', { ...options(TEMPLATES, []), stdin });
      const { template: json } = await loadTemplate(`${name}.json`, options(TEMPLATES, []));
      assert.ok(made && json);
      // In JSON the one builder needs no name.
      assert.deepEqual(await comparable(made, STARTED_AT, false), await comparable(json, STARTED_AT, false));
    });
  }
});
