import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatJson } from '../../../src/template/format/json.ts';
import { readCorpus } from '../corpus.ts';

function format(text: string): string {
  const result = formatJson({ path: 't.json', text });
  assert.ok('text' in result, 'it does not parse');
  return result.text;
}

describe('template/format: JSON', () => {
  it('puts one member and item on a line, two spaces deeper each level', () => {
    assert.equal(
      format('{"b":{"x":1,"a":{}},"a":[{"c":[]},[[1]]]}'),
      `{
  "b": {
    "x": 1,
    "a": {}
  },
  "a": [
    {
      "c": []
    },
    [
      [1]
    ]
  ]
}
`,
    );
  });

  it('keeps lists of scalars on one line up to 80 columns, the comma included', () => {
    const fits = `["${'x'.repeat(36)}", "${'y'.repeat(25)}"]`;
    const text = (list: string): string => `{\n  "list": ${list},\n  "b": 1\n}\n`;
    assert.equal(`  "list": ${fits},`.length, 80);
    assert.equal(format(text(fits)), text(fits));
    const longer = fits.replace('x', 'xx');
    assert.equal(format(text(longer)), text(`[\n    "${'x'.repeat(37)}",\n    "${'y'.repeat(25)}"\n  ]`));
    // Without a comma after it there is one column more.
    assert.equal(format(`{"list":${longer}}`), `{\n  "list": ${longer}\n}\n`);
  });

  it('counts the columns that characters take on a terminal: wide ones two, combining ones none', () => {
    for (const fits of ['😀'.repeat(38), '日本'.repeat(19), 'e\u0301'.repeat(76), '𝒳'.repeat(76)]) {
      assert.equal(format(`["${fits}"]`), `["${fits}"]\n`, fits);
      assert.equal(format(`["${fits}x"]`), `[\n  "${fits}x"\n]\n`, fits);
    }
  });

  it('breaks a list with one long item, and joins a list broken without need', () => {
    assert.equal(format(`["${'x'.repeat(90)}"]`), `[\n  "${'x'.repeat(90)}"\n]\n`);
    assert.equal(format('[\n1,\n2\n]'), '[1, 2]\n');
  });

  it('leaves key order, duplicate keys, numbers and escapes as they are', () => {
    const text = '{"b":1.50,"a":1E+2,"b":-0,"\\u0061":"\\u00e9\\/é\\ud800"}';
    assert.equal(format(text), '{\n  "b": 1.50,\n  "a": 1E+2,\n  "b": -0,\n  "\\u0061": "\\u00e9\\/é\\ud800"\n}\n');
  });

  it('drops the byte order mark, CRLF and blank lines', () => {
    assert.equal(format('\ufeff{\r\n\r\n"a": 1,\r\n\r\n"b": 2}\r\n\r\n'), '{\n  "a": 1,\n  "b": 2\n}\n');
  });

  it('formats documents of a single scalar', () => assert.equal(format(' "a b" '), '"a b"\n'));

  it('leaves strings with brackets, commas and quotes alone', () => {
    const text = '{\n  "a": "{[,:]} \\" \\\\"\n}\n';
    assert.equal(format(text), text);
  });

  it('gives the errors of a text that does not parse', () => {
    const result = formatJson({ path: 't.json', text: '{"a": 1,}' });
    assert.ok('diagnostics' in result);
    assert.deepEqual(
      result.diagnostics.map(one => one.code),
      ['trailing-comma'],
    );
  });

  it('is idempotent and says the same, whatever the document and its white space', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, 3, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const once = format(text);
        assert.equal(format(once), once);
        assert.deepEqual(JSON.parse(once), JSON.parse(text));
        assert.ok(once.endsWith('\n') && !once.endsWith('\n\n') && !/[ \t]\n/.test(once));
      }),
      { numRuns: 500 },
    );
  });

  it('is idempotent and says the same of all templates of the corpus', function () {
    const corpus = readCorpus();
    if (!corpus) return this.skip();
    let valid = 0;
    for (const { file, text } of corpus) {
      const result = formatJson({ path: file, text });
      if (!('text' in result)) continue;
      valid++;
      assert.equal(format(result.text), result.text, file);
      assert.deepEqual(JSON.parse(result.text), JSON.parse(text), file);
    }
    assert.equal(valid, 92);
  });
});
