import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { StringNode } from '../../../src/sdk/node.ts';
import { spanInside } from '../../../src/template/interpolate/locate.ts';
import { userReferences } from '../../../src/template/interpolate/references.ts';

function nodeOf(literal: string, value: string): StringNode {
  const text = `{"k": ${literal}}`;
  return { kind: 'string', value, span: { file: { path: 't.json', text }, start: 6, end: 6 + literal.length } };
}

const partOf = (node: StringNode, start: number, end: number): string => {
  const span = spanInside(node, start, end);
  return span.file.text.slice(span.start, span.end);
};

describe('places inside string literals', () => {
  it('counts escapes as what they stand for', () => {
    const node = nodeOf('"a\\n{{ nope \\"x\\" }}\\u00e9z"', 'a\n{{ nope "x" }}éz');
    assert.equal(partOf(node, 5, 9), 'nope');
    assert.equal(partOf(node, 10, 13), '\\"x\\"');
    assert.equal(partOf(node, 16, 17), '\\u00e9');
    assert.equal(partOf(node, 17, 18), 'z');
  });

  it('maps command line values, which are not quoted, directly', () => {
    const file = { path: '<-var x>', text: '{{ nope }}' };
    const span = spanInside({ kind: 'string', value: file.text, span: { file, start: 0, end: 10 } }, 3, 7);
    assert.deepEqual([span.start, span.end], [3, 7]);
  });

  it('falls back to the node where the source is another text', () => {
    const node = nodeOf('<<EOT', 'other');
    assert.equal(spanInside(node, 1, 2), node.span);
    const wrong = nodeOf('"abc"', 'abd');
    assert.equal(spanInside(wrong, 2, 3), wrong.span);
  });

  it('finds every character of any JSON string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (value, seed) => {
        const node = nodeOf(JSON.stringify(value), value);
        const at = value.length === 0 ? 0 : seed % value.length;
        if (value.length > 0) assert.equal(JSON.parse(`"${partOf(node, at, at + 1)}"`), value[at]);
        assert.equal(partOf(node, 0, value.length), JSON.stringify(value).slice(1, -1) || partOf(node, 0, 0));
      }),
    );
  });
});

describe('user references', () => {
  it('gives the names that are written out, with their places', () => {
    const text = '{{ user `a` }}{{ upper (user "b") }}{{ `c` | user }}{{ user .X }}';
    const found = userReferences(text);
    assert.deepEqual(
      found.map(one => one.name),
      ['a', 'b'],
    );
    assert.deepEqual(
      found.map(one => text.slice(one.start, one.end)),
      ['`a`', '"b"'],
    );
    assert.deepEqual(userReferences('{{ user `a` '), []);
  });
});
