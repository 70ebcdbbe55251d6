import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ApiError } from '../../../src/local-ec2/protocol/errors.ts';
import { parseForm } from '../../../src/local-ec2/protocol/form.ts';
import {
  blob,
  boolean,
  filters,
  integer,
  list,
  oneOf,
  parseFields,
  required,
  string,
  struct,
  timestamp,
} from '../../../src/local-ec2/protocol/params.ts';
import { escapeXml, render } from '../../../src/local-ec2/protocol/xml.ts';

const fields = {
  Name: string,
  Count: integer,
  Flag: boolean,
  Kind: oneOf('a', 'b'),
  At: timestamp,
  Bytes: blob,
  Filter: filters,
  Disk: list(struct({ Size: required(integer), Label: string })),
};

const parse = (text: string) => parseFields(fields, parseForm(text));

function problem(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return `${error.code}: ${error.message}`;
  }
  throw new Error(`accepted: ${text}`);
}

describe('local EC2: Query parameters', () => {
  it('reads scalars, lists and structures', () => {
    const input = parse(
      'Name=a%20b+c&Count=-3&Flag=true&Kind=b&At=2024-01-31T12:00:00.000Z&Bytes=aGk%3D' +
        '&Filter.2.Name=tag%3AX&Filter.2.Value.1=y&Filter.1.Name=state&Filter.1.Value.10=q&Filter.1.Value.2=p&Disk.1.Size=8',
    );
    assert.equal(input.Name, 'a b c');
    assert.equal(input.Count, -3);
    assert.equal(input.Flag, true);
    assert.equal(input.Kind, 'b');
    assert.equal(input.At?.toISOString(), '2024-01-31T12:00:00.000Z');
    assert.equal(input.Bytes?.toString(), 'hi');
    assert.deepEqual(input.Filter, [
      { Name: 'state', Value: ['p', 'q'] },
      { Name: 'tag:X', Value: ['y'] },
    ]);
    assert.deepEqual(input.Disk, [{ Size: 8, Label: undefined }]);
  });

  it('gives undefined and empty lists for what is absent', () => {
    const input = parse('');
    assert.equal(input.Name, undefined);
    assert.deepEqual(input.Disk, []);
  });

  it("answers wrong input with EC2's codes and the parameter's place", () => {
    assert.match(problem('Nmae=x'), /^UnknownParameter: The parameter Nmae is not recognized$/);
    assert.match(problem('Disk.1.Sise=3&Disk.1.Size=1'), /^UnknownParameter: .*Disk\.1\.Sise/);
    assert.match(problem('Disk.1.Label=x'), /^MissingParameter: .*Disk\.1\.Size$/);
    assert.match(problem('Count=3.5'), /^InvalidParameterValue: .*'3\.5' for Count/);
    assert.match(problem('Count=99999999999999999999'), /^InvalidParameterValue/);
    assert.match(problem('Flag=maybe'), /^InvalidParameterValue/);
    assert.match(problem('Kind=c'), /^InvalidParameterValue: .*Valid values are: a, b/);
    assert.match(problem('At=yesterday'), /^InvalidParameterValue/);
    assert.match(problem('Bytes=%21%21'), /^InvalidParameterValue/);
    assert.match(problem('Disk=1'), /^InvalidParameterValue: .*Expecting a list/);
    assert.match(problem('Name=%zz'), /^MalformedQueryString/);
    assert.match(problem(`${'a.'.repeat(40)}b=1`), /^MalformedQueryString/);
    assert.match(problem('Name.__proto__.x=1'), /^UnknownParameter/);
  });

  it('never fails but with an ApiError, whatever comes', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Name',
        'Count',
        'Filter',
        'Disk',
        '1',
        '.',
        '=',
        '&',
        '%',
        '+',
        'Value',
        '__proto__',
        'constructor',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
        try {
          parse(pieces.join(''));
        } catch (error) {
          assert.ok(error instanceof ApiError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('local EC2: XML', () => {
  it('escapes markup and drops what XML cannot carry', () => {
    assert.equal(escapeXml('<a b="c">&\u0000\u001b</a>'), '&lt;a b=&quot;c&quot;&gt;&amp;&lt;/a&gt;');
  });

  it('wraps list members and leaves out what is undefined', () => {
    const value = { a: 1, b: undefined, c: ['x', { d: true }], e: [], f: new Date(0), g: Buffer.from('hi') };
    assert.equal(
      render(value, 'item'),
      '<a>1</a><c><item>x</item><item><d>true</d></item></c><e></e><f>1970-01-01T00:00:00.000Z</f><g>aGk=</g>',
    );
    assert.equal(render(['x'], 'member'), '<member>x</member>');
  });
});
