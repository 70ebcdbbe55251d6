import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { loadTemplateText } from '../../../src/template/load.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('template/json: what excerpts must not show', () => {
  const folder = tempFolders();

  async function confidential(template: string, varFiles: readonly string[] = [], vars: [string, string][] = []) {
    const cwd = folder();
    for (const [index, text] of varFiles.entries()) writeFileSync(join(cwd, `${index}.json`), text);
    const { confidential: texts } = await loadTemplateText(
      { path: 't.json', text: template },
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
    return texts;
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
});
