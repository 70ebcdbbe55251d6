import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'mocha';
import { ebsOptions } from '../../../builders/amazon-ebs/schema.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Rows of docs/amazon-options.md: each option with files and titles of tests. */
function rows(): Map<string, { file: string; title: string }[]> {
  const text = readFileSync(join(root, 'docs/amazon-options.md'), 'utf8');
  return new Map(
    [...text.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, option = '', tests = '']) => [
      option,
      tests.split('<br>').map(test => {
        const match = /^`([^`]+)`: (.+)$/.exec(test);
        return { file: match?.[1] ?? '', title: match?.[2] ?? '' };
      }),
    ]),
  );
}

describe('docs/amazon-options.md', () => {
  it('lists every option of amazon-ebs, and no other', () => {
    assert.deepEqual([...rows().keys()].sort(), Object.keys(ebsOptions).sort());
  });

  it('names tests that exist', () => {
    for (const [option, tests] of rows()) {
      assert.ok(tests.length > 0, option);
      for (const { file, title } of tests) {
        assert.ok(existsSync(join(root, file)), `${option}: there is no ${file}`);
        assert.ok(readFileSync(join(root, file), 'utf8').includes(title), `${option}: ${file} has no test "${title}"`);
      }
    }
  });
});
