import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type ConfigNode, toPlain } from '../../../src/sdk/node.ts';
import { formatLocation, positionAt } from '../../../src/sdk/source.ts';
import { findDuplicateKeys } from '../../../src/template/json/duplicates.ts';
import { parseJson } from '../../../src/template/json/parse.ts';

const parse = (text: string) => parseJson({ path: 't.json', text });

/** `line:column code` of each complaint, and its hint. */
function complaints(text: string): string[] {
  return parse(text).diagnostics.map(({ span, code }) => {
    assert.ok(span);
    const { line, column } = positionAt(span.file, span.start);
    return `${line}:${column} ${code}`;
  });
}

function only(text: string) {
  const { diagnostics } = parse(text);
  assert.equal(diagnostics.length, 1, diagnostics.map(one => one.message).join('\n'));
  const [first] = diagnostics;
  assert.ok(first);
  return first;
}

describe('template/json: valid documents', () => {
  const texts = [
    '{}',
    '[]',
    'null',
    '"x"',
    '-0',
    '0',
    '1e5',
    '-1.25E-3',
    ' \t\r\n{"a":[1,"b",{"c":null,"d":true,"e":false}]} \n',
    '{"\\u00e9\\n\\t\\"\\\\\\/\\b\\f\\r":"\\ud83d\\ude00 😀"}',
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1},"constructor":2}',
    '[[[[[]]]]]',
    '{"":""}',
    '[1 ,\r\n2]',
  ];
  for (const text of texts) {
    it(`reads ${JSON.stringify(text)} like JSON.parse`, () => {
      const { root, diagnostics } = parse(text);
      assert.deepEqual(diagnostics, []);
      assert.ok(root);
      assert.deepEqual(toPlain(root), JSON.parse(text));
    });
  }

  it('takes a byte order mark', () => {
    assert.deepEqual(complaints('\ufeff{"a": 1}'), []);
  });

  it('gives every value and name the range of its own text', () => {
    const text = '{ "a": [1, "b\\n", {"c": null}], "d": -1.5e3, "e": true }';
    const { root } = parse(text);
    assert.ok(root);
    const seen: string[] = [];
    const walk = (node: ConfigNode): void => {
      const own = text.slice(node.span.start, node.span.end);
      assert.deepEqual(JSON.parse(own), toPlain(node));
      seen.push(own);
      if (node.kind === 'array') node.items.forEach(walk);
      if (node.kind === 'object') {
        for (const member of node.members) {
          assert.equal(JSON.parse(text.slice(member.keySpan.start, member.keySpan.end)), member.key);
          walk(member.value);
        }
      }
    };
    walk(root);
    assert.equal(seen.length, 8);
  });

  it('keeps the digits of numbers', () => {
    const { root } = parse('[12345678901234567890, 1.50]');
    assert.ok(root?.kind === 'array');
    assert.deepEqual(
      root.items.map(item => item.kind === 'number' && item.text),
      ['12345678901234567890', '1.50'],
    );
  });

  it('replaces a surrogate without its partner, as Go does', () => {
    const { root } = parse('"a\\ud800b"');
    assert.ok(root);
    assert.equal(toPlain(root), 'a\ufffdb');
  });
});

describe('template/json: broken documents', () => {
  const cases: readonly (readonly [name: string, text: string, ...expected: string[]])[] = [
    ['a comma is missing between members', '{"a": "x"\n "b": 2}', '1:10 missing-comma'],
    ['a comma is missing on one line', '{"a": 1 "b": 2}', '1:8 missing-comma'],
    ['a comma is missing between items', '["a"\n "b"]', '1:5 missing-comma'],
    ['a comma is missing before an object', '[{"a": 1}\n{"b": 2}]', '1:10 missing-comma'],
    ['two commas are missing', '{"a": 1\n"b": 2\n"c": 3}', '1:8 missing-comma', '2:7 missing-comma'],
    ['a trailing comma in an object', '{"a": 1,\n}', '1:8 trailing-comma'],
    ['a trailing comma in a list', '[1, 2, ]', '1:6 trailing-comma'],
    ['a leading comma', '[,1]', '1:2 extra-comma'],
    ['two commas in a row', '{"a": 1,, "b": 2}', '1:9 extra-comma'],
    ['a semicolon for a comma', '{"a": 1; "b": 2}', '1:8 missing-comma'],
    ['a colon is missing', '{"a" 1}', '1:5 missing-colon'],
    ['= for a colon', '{"a" = 1}', '1:6 missing-colon'],
    ['=> for a colon', '{"a" => 1}', '1:6 missing-colon'],
    ['a value is missing', '{"a": , "b": 1}', '1:6 missing-value'],
    ['a value is missing at the end', '{"a":}', '1:6 missing-value'],
    ['a name alone', '{"a", "b"}', '1:5 missing-value', '1:10 missing-value'],
    ['a name alone, another member below', '{"a"\n"b": 1}', '1:5 missing-value'],
    ['a value without a name', '{{"a": 1}}', '1:2 missing-name'],
    ['a colon too many', '{"a": "b": "c"}', '1:10 unexpected-colon'],
    ['named members in a list', '["a": 1]', '1:5 unexpected-colon'],
    ['an unclosed string', '{"a": "x\n}', '1:7 unclosed-string'],
    ['an unclosed string before a comma', '{"a": "x,\n"b": 1}', '1:7 unclosed-string'],
    ['a string over two lines', '{"a": "x\ny", "b": 1}', '1:9 control-character'],
    ['a tab in a string', '"a\tb"', '1:3 control-character'],
    ['a quote inside a string', '{"a": "b "c" d", "e": 1}', '1:10 unescaped-quote'],
    ['single quotes', "{'a': 'b'}", '1:2 wrong-quotes', '1:7 wrong-quotes'],
    ['typographic quotes', '{“a”: 1}', '1:2 wrong-quotes'],
    ['backquotes', '[`a`]', '1:2 wrong-quotes'],
    ['names without quotes', '{a: 1, b-c: 2}', '1:2 unquoted-name', '1:8 unquoted-name'],
    ['a number as a name', '{1: 2}', '1:2 unquoted-name'],
    ['text without quotes', '{"a": hello}', '1:7 bare-word'],
    ['Python values', '[True,\nFalse,\nNone]', '1:2 bare-word', '2:1 bare-word', '3:1 bare-word'],
    ['NaN', '[NaN]', '1:2 bare-word'],
    ['-Infinity', '[-Infinity]', '1:2 bad-number'],
    ['a hexadecimal number', '[0x10]', '1:2 bad-number'],
    ['no binary number', '[-0be2c]', '1:2 bad-number'],
    ['leading zeros', '[0755]', '1:2 bad-number'],
    ['a plus sign', '[+1]', '1:2 bad-number'],
    ['no digit before the point', '[.5]', '1:2 bad-number'],
    ['no digit after the point', '[5.]', '1:2 bad-number'],
    ['an exponent without digits', '[1e]', '1:2 bad-number'],
    ['a number beyond all bounds', '[1e999]', '1:2 bad-number'],
    ['a version without quotes', '[1.2.3]', '1:2 bad-number'],
    ['a date without quotes', '[2020-01-02]', '1:2 bad-number'],
    ['an unknown escape', '"\\x41"', '1:2 bad-escape'],
    ['a Windows path', '"C:\\Users"', '1:4 bad-escape'],
    ['a short \\u escape', '"\\u12"', '1:2 bad-escape'],
    ['a // comment', '{ // c\n"a": 1}', '1:3 json-comment'],
    ['a # comment', '# c\n{"a": 1}', '1:1 json-comment'],
    ['a /* comment', '{"a": /* c\n*/ 1}', '1:7 json-comment'],
    ['a comment that is not closed', '{"a": 1} /* c', '1:10 json-comment'],
    ['nothing but a comment', '// c', '1:1 json-comment', '1:5 no-document'],
    ['a non-breaking space', '{"a":\u00a01}', '1:6 strange-space'],
    ['text after the document', '{}\nx', '2:1 after-document'],
    ['a second document', '{}\n{}', '2:1 after-document'],
    ['a bracket too many', '{}}', '1:3 after-document'],
    ['a merge conflict', '{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> b\n}', '2:1 merge-conflict'],
    ['a list closed by }', '{"a": [1, 2}', '1:12 unclosed'],
    ['an object in a list not closed', '{"a": [{"b": 1], "c": 2}', '1:15 unclosed'],
    ['the wrong bracket', '{"a": [1, 2}, "b": 1}', '1:12 wrong-bracket'],
    ['the wrong bracket at the end', '{"a": 1]', '1:8 wrong-bracket'],
    ['junk', '{"a": @}', '1:7 unexpected-character'],
    ['an empty file', '', '1:1 empty-file'],
    ['a blank file', ' \n\t\n', '1:1 empty-file'],
    ['HCL2', '# packer\nsource "amazon-ebs" "web" {\n}', '2:1 not-json'],
    ['an HCL2 variable file', 'region = "eu-west-1"\n', '1:1 not-json'],
    ['YAML', '---\nbuilders: []', '1:1 not-json'],
    ['a web page', '<!DOCTYPE html>\n<html>', '1:1 not-json'],
  ];
  for (const [name, text, ...expected] of cases) {
    it(`tells of ${name}`, () => assert.deepEqual(complaints(text), expected));
  }

  it('names the members between which a comma is missing, and points at the next one', () => {
    const found = only('{"access_key": "AKIA"\n "secret_key": "s"}');
    assert.equal(found.message, 'a comma is missing between "access_key" and "secret_key"');
    assert.equal(found.hint, 'write a comma here');
    assert.deepEqual(
      found.notes?.map(note => note.span && formatLocation(note.span)),
      ['t.json:2:2'],
    );
  });

  it('says which brackets are missing at the end and where they were opened', () => {
    const found = only('{\n  "builders": [\n    {"type": "null"');
    assert.equal(found.code, 'ends-early');
    assert.match(found.message, /ends too early: \} \] \} are missing/);
    assert.ok(found.span);
    assert.equal(formatLocation(found.span), 't.json:3:20');
    assert.deepEqual(
      found.notes?.map(note => note.span && `${formatLocation(note.span)} ${note.message}`),
      [
        't.json:3:5 item 1 of "builders" is opened here',
        't.json:2:15 "builders" is opened here',
        't.json:1:1 the document is opened here',
      ],
    );
  });

  it('suspects the bracket that is indented unlike its partner', () => {
    const text = '{\n  "a": {\n    "b": 1,\n  "c": [\n    1\n  ],\n  "d": {\n    "e": 2\n  }\n}\n';
    const found = only(text);
    assert.equal(found.code, 'ends-early');
    assert.deepEqual(
      found.notes?.map(note => note.span && formatLocation(note.span)),
      ['t.json:1:1', 't.json:10:1', 't.json:2:8'],
    );
  });

  it('says that HCL2 wants another file name', () => {
    assert.equal(only('variable "x" {}').hint, 'give the file a name that ends in .pkr.hcl');
  });

  it('tells of all comments in one complaint', () => {
    const found = only('{ // a\n// b\n"x": 1 # c\n}');
    assert.equal(found.notes?.length, 2);
    assert.match(found.hint ?? '', /"_comment"/);
  });

  it('goes on with what was meant', () => {
    const { root } = parse('{\'a\': True, b: 0x10 \n "c": [1,],}');
    assert.ok(root);
    assert.deepEqual(Object.keys(toPlain(root) as object), ['a', 'b', 'c']);
  });

  it('stops after twenty complaints', () => {
    assert.equal(parse(`[${'1\n'.repeat(100)}]`).diagnostics.length, 20);
  });

  it('refuses nesting beyond 1000 levels, in lists and objects', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    assert.deepEqual(complaints(nested(1000)), []);
    assert.deepEqual(complaints(nested(1001)), ['1:1001 too-deep']);
    assert.deepEqual(complaints('['.repeat(1_000_000)), ['1:1001 too-deep']);
    assert.deepEqual(complaints('{"a":'.repeat(1_000_000)), ['1:5001 too-deep']);
  });

  it('refuses more than two million values', function () {
    this.timeout(120_000);
    assert.deepEqual(
      parse(`[${'1,'.repeat(2_000_001)}1]`).diagnostics.map(one => one.code),
      ['too-large'],
    );
  });
});

describe('template/json: duplicate keys', () => {
  const duplicates = (text: string): string[] => {
    const { root } = parse(text);
    assert.ok(root);
    return findDuplicateKeys(root).map(({ span, notes, message }) => {
      const first = notes?.[0]?.span;
      assert.ok(span && first);
      return `${formatLocation(span)} ${formatLocation(first)} ${message}`;
    });
  };

  it('are found at any depth, with both places', () => {
    assert.deepEqual(duplicates('{"a": 1,\n "b": [{"c": 1, "c": 2}], "a": 2}'), [
      't.json:2:17 t.json:2:9 "c" stands twice in the same object',
      't.json:2:27 t.json:1:2 "a" stands twice in the same object',
    ]);
  });

  it('differ in case, and are compared after escapes are undone', () => {
    assert.deepEqual(duplicates('{"a": 1, "A": 2}'), []);
    assert.equal(duplicates('{"a": 1, "\\u0061": 2}').length, 1);
  });
});
