import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { matchesOf } from '../../../../src/template/hcl/functions/pattern-match.ts';
import { patternProgram } from '../../../../src/template/hcl/functions/pattern-program.ts';
import { show } from '../helpers/evaluate.ts';

describe('HCL patterns', () => {
  for (const [call, expected] of [
    ['regexall("a*", "baac")', '["","aa",""]'],
    ['regex_replace("baac", "a*", "-")', '"-b-c-"'],
    ['regex("(a|ab)(c|bcd)(d*)", "abcd")', '["a","bcd",""]'],
    ['regex("(?P<x>a)?(?P<y>b)", "b")', '{"x":null,"y":"b"}'],
    ['regexall("(?m)^\\\\w+$", "ab\\ncd")', '["ab","cd"]'],
    ['regexall("(?U)a+", "aaa")', '["a","a","a"]'],
    ['regexall("(?i)É", "éÉ")', '["é","É"]'],
    ['regexall(".", "a👍")', '["a","👍"]'],
    ['regex("a{2,3}?", "aaaa")', '"aa"'],
    ['regexall("\\\\b", "ab c")', '["","","",""]'],
    ['regexall("(a|b*)*", "ab")', '[["b"]]'],
    ['regexall("[[:alpha:]]+\\\\d{2}", "ab12 c3 d45")', '["ab12","d45"]'],
  ] as const) {
    it(`evaluates ${call} as terraform does`, () => assert.equal(show(call), expected));
  }

  it('needs little time for patterns that make a search with backtracking endless', () => {
    assert.match(show(`regex("(a+)+$", "${'a'.repeat(5000)}!")`), /matches nothing/);
    assert.match(show(`regex("(x+x+)+y", "${'x'.repeat(5000)}")`), /matches nothing/);
    assert.match(show(`regex("^(([a-z])+.)+[A-Z]([a-z])+$", "${'a'.repeat(5000)}")`), /matches nothing/);
  });

  it('refuses patterns that repeat too often', () => {
    assert.match(show('regex("(a{100}){11}", "a")'), /repeats more than 1000 times/);
    assert.match(show('regex("a**", "a")'), /is not valid/);
  });

  it('finds what a search with backtracking finds', () => {
    const atom = fc.constantFrom('a', 'b', '[^a]', '[ab]', '^', '(?![^])', '\\b', '\\n');
    const { pattern } = fc.letrec<{ pattern: string; piece: string }>(tie => ({
      piece: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie('pattern'), fc.constantFrom('(?:', '(')).map(([inner, open]) => `${open}${inner})`),
        fc
          .tuple(
            fc.constantFrom('a', 'b', '[ab]', '[^a]'),
            fc.constantFrom('*', '+?', '?', '{2}', '{1,2}', '*?', '{0,}'),
          )
          .map(([one, sign]) => one + sign),
      ),
      pattern: fc
        .array(fc.array(tie('piece'), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
        .map(choices => choices.map(one => one.join('')).join('|')),
    }));
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^[ab\n]{0,8}$/), (source, text) => {
        const groups = new RegExp(`${source}|`, 'u').exec('')?.length ?? 1;
        const [first] = matchesOf(patternProgram(source), groups - 1, text);
        const expected = new RegExp(source, 'u').exec(text);
        assert.deepEqual(first && [first.index, ...first.texts], expected ? [expected.index, ...expected] : undefined);
      }),
      { numRuns: 300 },
    );
  });
});
