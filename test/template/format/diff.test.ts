import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { unifiedDiff } from '../../../src/template/format/diff.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const hasPatch = spawnSync('patch', ['--version']).status === 0;

describe('template/format: unified diff', () => {
  const folder = tempFolders();

  it('is empty for equal texts', () => {
    assert.equal(unifiedDiff('', '', 'a', 'b'), '');
    assert.equal(unifiedDiff('x\ny', 'x\ny', 'a', 'b'), '');
  });

  it('shows three lines around a change', () => {
    const before = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';
    assert.equal(
      unifiedDiff(before, before.replace('5', 'five'), 'old/t', 'new/t'),
      '--- old/t\n+++ new/t\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n',
    );
  });

  it('splits hunks that lie further apart than twice the context', () => {
    const lines = Array.from({ length: 10 }, (_, index) => `${index}\n`);
    const changed = lines.map((line, index) => (index === 1 || index === 8 ? `x${line}` : line));
    const hunks = unifiedDiff(lines.join(''), changed.join(''), 'a', 'b').match(/^@@.*@@$/gm);
    assert.deepEqual(hunks, ['@@ -1,9 +1,9 @@'.replace('9', '10').replace('9', '10')]);
    const apart = unifiedDiff(lines.join(''), changed.join(''), 'a', 'b', 2).match(/^@@.*@@$/gm);
    assert.deepEqual(apart, ['@@ -1,4 +1,4 @@', '@@ -7,4 +7,4 @@']);
  });

  it('marks a missing newline at the end', () => {
    assert.equal(
      unifiedDiff('a', 'a\n', 'a', 'b'),
      '--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n',
    );
    assert.equal(
      unifiedDiff('a\nb', 'c\nb', 'a', 'b'),
      '--- a\n+++ b\n@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n',
    );
  });

  it('names the line before an empty range', () => {
    assert.equal(unifiedDiff('', 'x\n', 'a', 'b'), '--- a\n+++ b\n@@ -0,0 +1,1 @@\n+x\n');
    assert.equal(unifiedDiff('x\n', '', 'a', 'b'), '--- a\n+++ b\n@@ -1,1 +0,0 @@\n-x\n');
  });

  const text = fc
    .tuple(fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', ' x\n'), { maxLength: 12 }), fc.constantFrom('', 'end'))
    .map(([lines, end]) => lines.join('') + end);

  it('is never longer than it must be: deletions and additions match those of an optimal alignment', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff(before, after, 'a', 'b').split('\n').slice(2);
        const changed = diff.filter(line => /^[-+]/.test(line)).length;
        const a = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
        const b = after.match(/[^\n]*\n|[^\n]+$/g) ?? [];
        assert.equal(changed, a.length + b.length - 2 * longestCommon(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it('is applied by patch (skipped where there is none)', function () {
    if (!hasPatch) this.skip();
    const cwd = folder();
    fc.assert(
      fc.property(text, text, fc.nat(3), (before, after, context) => {
        // An emptied file is removed by patch, so nothing is left to compare.
        fc.pre(before !== after && after !== '');
        writeFileSync(join(cwd, 'f'), before);
        execFileSync('patch', ['-s', '-f', 'f'], { cwd, input: unifiedDiff(before, after, 'f', 'f', context) });
        assert.equal(readFileSync(join(cwd, 'f'), 'utf8'), after);
      }),
      { numRuns: 60 },
    );
  });

  it('takes long texts that differ everywhere', () => {
    const lines = (seed: number): string =>
      Array.from({ length: 20_000 }, (_, index) => `${(index * seed) % 97}\n`).join('');
    const diff = unifiedDiff(lines(31), lines(57), 'a', 'b');
    const body = diff
      .split('\n')
      .slice(2, -1)
      .filter(line => !line.startsWith('@@'));
    assert.equal(body.filter(line => !line.startsWith('+')).length <= 20_000, true);
    assert.equal(body.filter(line => line.startsWith('-')).length, body.filter(line => line.startsWith('+')).length);
  });
});

/** Length of a longest common subsequence, by the textbook table. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const item of a) {
    const next = [0];
    for (const [index, other] of b.entries())
      next.push(item === other ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0));
    row = next;
  }
  return row[b.length] ?? 0;
}
