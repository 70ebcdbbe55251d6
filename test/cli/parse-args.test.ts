import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Flag } from '../../src/cli/flags.ts';
import { parseArgs, UsageError } from '../../src/cli/parse-args.ts';

const flags: readonly Flag[] = [
  { name: 'var', type: 'list', describe: '' },
  { name: 'only', type: 'list', describe: '' },
  { name: 'force', type: 'boolean', describe: '' },
  { name: 'on-error', type: 'string', choices: ['cleanup', 'abort'], describe: '' },
  { name: 'parallel-builds', type: 'number', describe: '' },
  { name: 'help', type: 'boolean', describe: '' },
];

describe('parseArgs', () => {
  it('takes one dash or two, = or the next word, before and after the arguments', () => {
    const args = parseArgs(['-var=a=1', 'x.json', '--var', 'b=2', '-force'], flags);
    assert.deepEqual(args.positionals, ['x.json']);
    assert.deepEqual(args.list('var'), ['a=1', 'b=2']);
    assert.equal(args.boolean('force'), true);
  });
  it('takes a value that begins with a dash', () =>
    assert.deepEqual(parseArgs(['-var', '-x=1'], flags).list('var'), ['-x=1']));
  it('takes an empty value', () => assert.deepEqual(parseArgs(['-var=a='], flags).list('var'), ['a=']));
  it('keeps newlines in values', () => assert.deepEqual(parseArgs(['-var=a=1\n2'], flags).list('var'), ['a=1\n2']));
  it("takes Packer's words for booleans", () => assert.equal(parseArgs(['-force=F'], flags).boolean('force'), false));
  it('does not take the next word for a boolean', () =>
    assert.deepEqual(parseArgs(['-force', 'false'], flags).positionals, ['false']));
  it('takes a lone dash and what follows -- as arguments', () =>
    assert.deepEqual(parseArgs(['-', '--', '-force'], flags).positionals, ['-', '-force']));
  it('refuses an empty argument, as of an unset variable, but not behind --', () => {
    assert.throws(() => parseArgs(['a', ''], flags), /an argument is empty/);
    assert.deepEqual(parseArgs(['a', '--', ''], flags).positionals, ['a', '']);
  });
  it('lets the last value win', () =>
    assert.equal(parseArgs(['-on-error=abort', '-on-error=cleanup'], flags).string('on-error'), 'cleanup'));
  it('reads numbers', () => assert.equal(parseArgs(['-parallel-builds=3'], flags).number('parallel-builds'), 3));

  const wrong: readonly [string, readonly string[], RegExp][] = [
    ['an unknown flag, with the nearest', ['-forse'], /unknown flag -forse/],
    ['a flag without its value', ['-var'], /-var needs a value/],
    ['a value that is not a choice', ['-on-error=ignore'], /takes cleanup, abort; not "ignore"/],
    ['a word for a number', ['-parallel-builds=all'], /takes a whole number/],
    ['a word for a boolean', ['-force=maybe'], /takes true or false/],
  ];
  for (const [title, argv, message] of wrong) {
    it(`refuses ${title}`, () =>
      assert.throws(
        () => parseArgs(argv, flags),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
      ));
  }
  it('suggests the nearest flag', () => {
    assert.throws(
      () => parseArgs(['-forse'], flags),
      (error: unknown) => error instanceof UsageError && error.hint === 'did you mean -force?',
    );
  });
});
