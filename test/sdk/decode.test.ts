import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { decodeOptions } from '../../src/sdk/decode.ts';
import type { ConfigNode, ObjectNode } from '../../src/sdk/node.ts';
import { option } from '../../src/sdk/options.ts';
import type { SourceFile } from '../../src/sdk/source.ts';

const file: SourceFile = { path: 't.json', text: '' };
const span = { file, start: 0, end: 0 };

/** Plain data as the node tree a front end would give. */
function node(value: unknown): ConfigNode {
  if (Array.isArray(value)) return { kind: 'array', span, items: value.map(node) };
  if (value === null) return { kind: 'null', span };
  switch (typeof value) {
    case 'string':
      return { kind: 'string', span, value };
    case 'number':
      return { kind: 'number', span, value, text: String(value) };
    case 'boolean':
      return { kind: 'boolean', span, value };
    default:
      return {
        kind: 'object',
        span,
        members: Object.entries(value as object).map(([key, one]) => ({ key, keySpan: span, value: node(one) })),
      };
  }
}

const schema = {
  options: {
    name: option.string({ note: '' }),
    size: option.integer({ note: '' }),
    on: option.boolean({ note: '' }),
    maybe: option.tri({ note: '' }),
    wait: option.duration({ note: '' }),
    lines: option.strings({ note: '' }),
    tags: option.map({ note: '' }),
    block: option.block({ inner: option.string({ note: '' }) }, { note: '' }),
    blocks: option.blocks({ inner: option.string({ note: '' }) }, { note: '' }),
    exact: option.strings({ note: '', keepEmpty: true }),
    password: option.string({ note: '', secret: true }),
  },
  removed: { old_name: 'use name' },
};

const decode = (value: object) => decodeOptions(schema, node(value) as ObjectNode, 'test x');

describe('decodeOptions', () => {
  const cases: readonly [string, object, object][] = [
    ['numbers and booleans for strings', { name: 5 }, { name: '5' }],
    ['strings for numbers, base by prefix', { size: '0x10' }, { size: 16 }],
    ['leading zero is octal', { size: '010' }, { size: 8 }],
    ['words for booleans', { on: 'T', maybe: 'false' }, { on: true, maybe: false }],
    ['an empty tri-state is unset', { maybe: '' }, {}],
    ['Go durations in milliseconds', { wait: '1m30s' }, { wait: 90_000 }],
    ['one value for a list', { lines: 7 }, { lines: ['7'] }],
    ['a string for a list splits at commas', { lines: 'a,b' }, { lines: ['a', 'b'] }],
    ['map values become strings', { tags: { a: 1, b: true } }, { tags: { a: '1', b: '1' } }],
    ['a list of maps is merged', { tags: [{ a: 'x' }, { b: 'y' }] }, { tags: { a: 'x', b: 'y' } }],
    ['one block for a list of blocks', { blocks: { inner: 'x' } }, { blocks: [{ inner: 'x' }] }],
    ['a list of one for a block', { block: [{ inner: 'x' }] }, { block: { inner: 'x' } }],
    ['names whatever their case', { NAME: 'x' }, { name: 'x' }],
    ['empty means unset', { name: '', size: 0, lines: [] }, {}],
    ['unless an explicit empty counts', { exact: [] }, { exact: [] }],
    ['null means unset', { name: null }, {}],
    ["packer_ keys and type are the core's", { packer_debug: true, type: 'x' }, {}],
  ];
  for (const [title, input, expected] of cases) {
    it(title, () => {
      const { value, diagnostics } = decode(input);
      assert.deepEqual({ ...value }, expected);
      assert.deepEqual(diagnostics, []);
    });
  }

  it('tells the nearest name of an unknown option', () => {
    const [found] = decode({ nmae: 'x' }).diagnostics;
    assert.equal(found?.code, 'unknown-option');
    assert.match(found?.hint ?? '', /did you mean "name"\?/);
  });

  it('tells what replaced a removed option', () => {
    const [found] = decode({ old_name: 'x' }).diagnostics;
    assert.equal(found?.code, 'removed-option');
    assert.equal(found?.hint, 'use name');
  });

  const wrong: readonly [string, object, RegExp][] = [
    ['an object for a string', { name: {} }, /"name" takes a string, not an object/],
    ['a word for a number', { size: 'big' }, /"size" takes a whole number, not "big"/],
    ['a word for a boolean', { on: 'yes' }, /"on" takes true or false, not "yes"/],
    ['a number without unit as text', { wait: '5' }, /"5" is not a duration/],
    ['a list for a map', { tags: ['a'] }, /"tags" takes an object of strings/],
    ['two objects for one block', { block: [{}, {}] }, /one object, not several/],
  ];
  for (const [title, input, message] of wrong) {
    it(`refuses ${title}`, () => assert.match(decode(input).diagnostics[0]?.message ?? '', message));
  }

  it('warns that a bare number counts nanoseconds', () => {
    const { value, diagnostics } = decode({ wait: 5 });
    assert.equal(value['wait'], 5e-6);
    assert.equal(diagnostics[0]?.severity, 'warning');
  });

  it('collects secrets', () => assert.deepEqual(decode({ password: 'pw' }).secrets, ['pw']));

  it('gives unknown values their type, so that rules over several options can look at them', () => {
    const members = ['name', 'lines', 'tags', 'block', 'blocks', 'on'].map(key => ({
      key,
      keySpan: span,
      value: { kind: 'unknown', span } as const,
    }));
    const { value, diagnostics } = decodeOptions(schema, { kind: 'object', span, members }, 'test x');
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(value, { name: '<unknown>', lines: ['<unknown>'], tags: {}, block: {}, blocks: [{}], on: false });
  });
  it('takes names of every object, such as __proto__, for unknown options', () => {
    const { diagnostics } = decodeOptions(
      schema,
      node(JSON.parse('{"__proto__": 1, "constructor": 2}')) as ObjectNode,
      'test x',
    );
    assert.deepEqual(
      diagnostics.map(one => one.code),
      ['unknown-option', 'unknown-option'],
    );
  });
  it('lets unknown values pass and remembers them', () => {
    const input: ObjectNode = {
      kind: 'object',
      span,
      members: [{ key: 'size', keySpan: span, value: { kind: 'unknown', span } }],
    };
    const { unknown, diagnostics } = decodeOptions(schema, input, 'test x');
    assert.deepEqual([...unknown], ['/size']);
    assert.deepEqual(diagnostics, []);
  });

  it('refuses common keys in another case, and says how to write them', () => {
    const { diagnostics } = decodeOptions(schema, node({ Pause_Before: '1s' }) as ObjectNode, 'provisioner x');
    assert.deepEqual(
      diagnostics.map(one => [one.code, one.hint]),
      [['unknown-option', 'write it "pause_before"']],
    );
  });

  it('takes an empty object for an empty list', () => {
    const { value, diagnostics } = decodeOptions(schema, node({ lines: {} }) as ObjectNode, 'x');
    assert.deepEqual([value, diagnostics], [{}, []]);
  });

  it('refuses an empty duration, as Go does', () => {
    const { value, diagnostics } = decodeOptions(schema, node({ wait: '' }) as ObjectNode, 'x');
    assert.deepEqual([value, diagnostics.map(one => one.code)], [{}, ['bad-duration']]);
  });
});
