import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { encodeGoJson, encodeGoString, sortedMap } from '../../src/sdk/go-json.ts';

describe('go-json', () => {
  it('escapes what Go escapes, and nothing else', () => {
    assert.equal(
      encodeGoString('<a>&"\\\n\r\t\b\f\x01\x7f\u2028\u2029é𝄞/'),
      String.raw`"\u003ca\u003e\u0026\"\\\n\r\t\b\f\u0001${'\x7f'}\u2028\u2029é𝄞/"`,
    );
  });

  it('writes a lone surrogate as the replacement character', () => {
    assert.equal(encodeGoString('a\ud800b'), '"a\ufffdb"');
  });

  it('indents like MarshalIndent, with empty lists and objects closed at once', () => {
    const value = { a: [], b: {}, c: [1, null, true], d: { e: 'x' }, gone: undefined };
    assert.equal(
      encodeGoJson(value, '  '),
      '{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    null,\n    true\n  ],\n  "d": {\n    "e": "x"\n  }\n}',
    );
    assert.equal(encodeGoJson(value), '{"a":[],"b":{},"c":[1,null,true],"d":{"e":"x"}}');
  });

  it('sorts maps by UTF-8 bytes, digits and characters beyond the basic plane included', () => {
    const map = sortedMap({ 10: 'a', 9: 'b', '\u{1f600}': 'c', '\uffff': 'd', Z: 'e', a: 'f' });
    assert.deepEqual([...map.keys()], ['10', '9', 'Z', 'a', '\uffff', '\u{1f600}']);
    assert.equal(encodeGoJson(sortedMap({ 10: 1, 9: 2 })), '{"10":1,"9":2}');
  });
});
