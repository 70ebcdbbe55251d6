import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Io } from '../../../src/cli/io.ts';
import { SecretMask } from '../../../src/cli/secret-mask.ts';
import { reportDiagnostics } from '../../../src/cli/ui/report.ts';
import { loadJsonTemplate } from '../../../src/template/json/load.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const SILENT: Io = {
  env: {},
  cwd: '/',
  stdoutIsTerminal: false,
  stderrIsTerminal: false,
  columns: 80,
  out: () => {},
  err: () => {},
  stdin: async () => Buffer.alloc(0),
  flush: async () => {},
};

describe('template/json: what excerpts must not show', () => {
  const folder = tempFolders();

  function load(cwd: string, varFiles: readonly string[], vars: [string, string][] = [], text = template) {
    for (const [index, content] of varFiles.entries()) writeFileSync(join(cwd, `${index}.json`), content);
    return loadJsonTemplate(
      { path: 't.json', text },
      {
        vars,
        varFiles: varFiles.map((_, index) => `${index}.json`),
        only: [],
        except: [],
        syntaxOnly: false,
        env: {},
        cwd,
        startedAt: new Date(0),
      },
    );
  }

  async function confidential(text: string, varFiles: readonly string[] = [], vars: [string, string][] = []) {
    return (await load(folder(), varFiles, vars, text)).confidential;
  }

  const template = JSON.stringify({
    variables: { token: 'default-token', open: 'not-hidden' },
    'sensitive-variables': ['token'],
    builders: [{ type: 'null', communicator: 'none' }],
  });

  it('holds values that do not count: replaced defaults, the first of two', async () => {
    const varFile = '{"token": "one-token", "token": "two-token", "open": "x-open"}';
    assert.deepEqual(await confidential(template, [varFile, '{"token": "three"}'], [['token', 'four']]), [
      'default-token',
      'one-token',
      'two-token',
      'three',
      'four',
    ]);
  });

  it('holds values of variable files with errors, and values of wrong types', async () => {
    assert.deepEqual(await confidential(template, ['{"token": "one-token" "open": "x"}']), [
      'default-token',
      'one-token',
    ]);
    assert.deepEqual(await confidential(template, ['{"token": "one-token\n}']), ['default-token', 'one-token']);
    assert.deepEqual(await confidential(template, ['{"token": 12345, "open": 5}']), ['default-token', '12345']);
    assert.deepEqual(await confidential(template, ['{"token": {"a": ["deep"]}}']), ['default-token', 'deep']);
  });

  it('holds defaults of a template with errors', async () => {
    assert.deepEqual(await confidential(template.replace('"builders":', '"builders"')), ['default-token']);
    assert.deepEqual(await confidential(template.replace('sensitive-v', 'Sensitive-V')), ['default-token']);
  });

  it('leaves out what is short or rendered', async () => {
    assert.deepEqual(await confidential(template.replace('default-token', '{{env `TOKEN`}}'), ['{"token": "ab"}']), []);
  });

  it('keeps a value out of all findings, whatever else is wrong with its file', async () => {
    const secret = 'S3cr3t-value+/x';
    const member = `"token": "${secret}"`;
    const dir = folder();
    const junk = fc.constantFrom(
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\n',
      '\\',
      'x',
      '5',
      ' ',
      '//',
      '\u0000',
      'true',
      '',
    );
    const broken = fc.tuple(fc.nat(), fc.nat(2), junk, fc.boolean()).map(([at, gone, more, before]) => {
      const head = '{"size": "x", ';
      const tail = ', "other": "y"}';
      const part = before ? head : tail;
      const from = at % part.length;
      const changed = part.slice(0, from) + more + part.slice(from + gone);
      return before ? changed + member + tail : head + member + changed;
    });
    await fc.assert(
      fc.asyncProperty(broken, async text => {
        const { template: loaded, diagnostics, confidential: texts = [] } = await load(dir, [text]);
        const secrets = new SecretMask([...texts, ...(loaded?.secrets ?? [])]);
        let shown = '';
        const catching: Io = { ...SILENT, err: part => (shown += part) };
        reportDiagnostics(catching, { kind: 'human', color: false, timestamps: false }, diagnostics, secrets);
        assert.ok(!shown.includes('cr3t'), shown);
      }),
      { numRuns: 300 },
    );
  });
});
