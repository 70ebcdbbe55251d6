import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { positionAt } from '../../../../src/sdk/source.ts';
import { parseHcl } from '../../../../src/template/hcl/syntax/index.ts';

/** Each finding as `LINE:COLUMN code`. */
function findings(text: string): string[] {
  return parseHcl({ path: 'x.pkr.hcl', text }).diagnostics.map(one => {
    const { line, column } = positionAt(one.span!.file, one.span!.start);
    return `${line}:${column} ${one.code}`;
  });
}

const CASES: readonly (readonly [what: string, text: string, ...expected: string[]])[] = [
  [
    'every missing comma of a list',
    'x = [\n  "a",\n  "b"\n  "c"\n  "d",\n]\ny = 1\n',
    '3:6 missing-comma',
    '4:6 missing-comma',
  ],
  ['a missing comma in one line', 'x = ["a" "b"]\n', '1:9 missing-comma'],
  ['a missing comma of an object', 'x = { a = 1 b = 2 }\n', '1:12 missing-comma'],
  ['a missing comma of a call', 'x = f(1 2)\n', '1:8 missing-comma'],
  ['an open string', 'a {\n  x = "abc\n  y = 2\n}\n', '2:7 unclosed-string'],
  ['an open string that ends with a curly quote', 'x = "abc”\ny = 1\n', '1:5 unclosed-string'],
  ['curly quotes', 'x = “abc”\n', '1:5 curly-quotes'],
  ['single quotes', "x = 'abc'\ny = \"\n", '1:5 wrong-quotes', '2:5 unclosed-string'],
  ['an open list', 'a {\n  x = [1, 2\n  y = 2\n}\nz {\n  q = "\n}\n', '2:12 unclosed-bracket', '6:7 unclosed-string'],
  ['an open list before a brace', 'a {\n  x = ["a",\n    "b"\n}\nz = 1\n', '3:8 unclosed-bracket'],
  ['an open block', 'a {\n  x = 1\n\nb {\n  y = 2\n}\n', '1:3 unclosed-block'],
  ['an open inner block', 'a {\n  b "c" {\n    x = 1\n\n  d {\n  }\n}\n', '2:9 unclosed-block'],
  ['an open heredoc', 'x = <<EOT\nfoo\n', '1:5 unclosed-heredoc'],
  ['text behind the marker of a heredoc', 'x = <<EOT foo\n', '1:5 broken-heredoc'],
  ['an open comment', 'x = 1 /* foo\n', '1:7 unclosed-comment'],
  ['an open interpolation', 'x = "a ${b c"\n', '1:11 unclosed-interpolation'],
  ['an expansion meant for the shell', 'x = "${FOO:-bar}"\n', '1:11 unclosed-interpolation'],
  ['an empty interpolation', 'x = "a${}"\n', '1:7 missing-expression'],
  ['a missing value', 'x =\ny = 1\nz = ]\n', '1:4 missing-expression', '3:5 missing-expression'],
  ['JSON', '{ "a": 1 }\n', '1:1 json-in-hcl'],
  ['a colon for an equals sign', 'a : 1\n', '1:3 missing-equals'],
  ['a block inside an object', 'a = { b { c = 1 } }\n', '1:9 missing-equals'],
  ['an equals sign in a block header', 'a "b" = 1\n', '1:7 unexpected-equals'],
  ['a brace on its own line', 'a "b"\n{\n}\n', '1:6 missing-brace'],
  [
    'what is in a block whose brace is on its own line',
    'a "b"\n{\n  x = [1 2]\n}\n',
    '1:6 missing-brace',
    '3:9 missing-comma',
  ],
  [
    'a merge conflict',
    'a {\n<<<<<<< HEAD\n  x = [\n    1,\n  ]\n=======\n  x = 2\n>>>>>>> other\n}\n',
    '2:1 merge-conflict',
    '6:1 merge-conflict',
    '8:1 merge-conflict',
  ],
  ['a merge conflict in a list', 'x = [\n<<<<<<< HEAD\n  1,\n=======\n  2,\n>>>>>>> other\n]\n', '2:1 merge-conflict'],
  ['a comma between arguments', 'a = 1, b = 2\n', '1:6 unexpected-comma'],
  ['two arguments in one line', 'a = 1 b = 2\n', '1:6 missing-newline'],
  ['a unit behind a number', 'x = 10GB\n', '1:5 invalid-number'],
  ['a version as a number', 'x = 1.2.3\n', '1:5 invalid-number'],
  ['two indices without brackets', 'x = b.1.5\n', '1:7 invalid-index'],
  ['a quoted name', '"foo" = 1\n', '1:1 quoted-name'],
  ['a closing brace too many', 'a {\n}\n}\n', '3:1 stray-brace'],
  [
    'operators of other languages',
    'x = a & b\ny = a | b\nz = 1;\n',
    '1:7 invalid-operator',
    '2:7 invalid-operator',
    '3:6 invalid-operator',
  ],
  ['bad escapes', 'x = "\\q \\$ \\u12"\n', '1:6 invalid-escape', '1:9 invalid-escape', '1:12 invalid-escape'],
  ['an argument set twice', 'a = 1\na = 2\n', '2:1 duplicate-argument'],
  ['a block in one line with a comma', 'a { b = 1, c = 2 }\n', '1:10 unexpected-comma'],
  ['a block on one line with a block', 'a { b { } }\n', '1:5 block-on-one-line'],
  ['an unclosed directive', 'x = "%{ if a }b"\n', '1:6 unclosed-directive'],
  [
    'a stray directive',
    'x = "%{ endif }"\ny = "%{ for a in b }%{ else }"\n',
    '1:6 stray-directive',
    '2:21 stray-directive',
  ],
  ['an unknown directive', 'x = "%{ foo }"\n', '1:9 unknown-directive'],
  ['a for without in', 'x = [for a of b : c]\n', '1:11 missing-in'],
  ['an object of for without a key', 'x = {for a in b : c}\n', '1:20 missing-arrow'],
  ['a key that may be a reference', 'x = { a.b = 1 }\n', '1:7 ambiguous-key'],
  ['an invisible character', 'x =\u00a01\n', '1:4 invalid-character'],
  ['a label with an interpolation', 'a "${b}" {\n}\n', '1:4 template-in-label'],
];

describe('HCL syntax errors', () => {
  for (const [what, text, ...expected] of CASES) {
    it(`points at ${what}`, () => assert.deepEqual(findings(text), expected));
  }

  it('says what is missing and names the opener', () => {
    const [comma] = parseHcl({ path: 'x', text: 'x = ["a"\n"b"]' }).diagnostics;
    assert.equal(comma?.message, 'a comma is missing between two list items');
    assert.equal(comma?.hint, 'write "," here, after the item');
    const [list] = parseHcl({ path: 'x', text: 'x = [\n  1\ny = 2\n' }).diagnostics;
    assert.equal(list?.message, 'the list opened on line 1 is not closed: "]" is missing before "y"');
    assert.equal(list?.notes?.[0]?.span?.start, 4);
    const [block] = parseHcl({ path: 'x', text: 'a {\n  x = 1\nb {\n}\n' }).diagnostics;
    assert.equal(block?.hint, 'write "}" before line 3, which is not indented');
  });

  it('keeps what could be read', () => {
    const { body } = parseHcl({ path: 'x', text: 'a = 1\nb = [\nc {\n  d = "\n  e = 2\n}\nf = 3\n' });
    assert.deepEqual(
      body.attributes.map(one => one.name),
      ['a', 'f'],
    );
    assert.deepEqual(
      body.blocks.map(one => [one.type, one.body.syntax === 'native' && one.body.attributes.map(two => two.name)]),
      [['c', ['e']]],
    );
  });
});
