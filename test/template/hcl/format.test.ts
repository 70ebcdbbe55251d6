import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatHcl } from '../../../src/template/hcl/format/index.ts';
import { generateBody } from './helpers/generate.ts';

const CORPUS = resolve(import.meta.dirname, '../../../../shared/corpus');

function format(text: string): string {
  const result = formatHcl({ path: 'x.pkr.hcl', text });
  assert.ok('text' in result, `${JSON.stringify(text)}: ${'diagnostics' in result && result.diagnostics[0]?.message}`);
  return result.text;
}

/** Texts and what `packer fmt` makes of them. */
const CASES: readonly (readonly [what: string, before: string, after: string])[] = [
  ['aligns equals signs of neighbours', 'a=1\nbcd   = 2\n\nef = 3\n', 'a   = 1\nbcd = 2\n\nef = 3\n'],
  ['aligns comments of neighbours', 'a = 1 # x\nbcd = 22// y\n', 'a   = 1  # x\nbcd = 22 // y\n'],
  ['indents by brackets', 'a {\nb = [\n1,\n{\nc=2\n}]\n}\n', 'a {\n  b = [\n    1,\n    {\n      c = 2\n  }]\n}\n'],
  ['indents once for several brackets', 'a = foo([{\nb = 1\n}])\n', 'a = foo([{\n  b = 1\n}])\n'],
  ['does not align values of several lines', 'a = [\n1]\nlonger = 2\n', 'a = [\n1]\nlonger = 2\n'],
  ['keeps heredocs', 'a {\nb = <<EOT\n  x\n    y\nEOT\nc=1\n}\n', 'a {\n  b = <<EOT\n  x\n    y\nEOT\n  c = 1\n}\n'],
  ['keeps the marker of <<-', 'a = <<-EOT\n\tx\n    EOT\nb=1\n', 'a = <<-EOT\n\tx\n    EOT\nb = 1\n'],
  ['writes one-line blocks', 'a{b=1}\nc   {   }\n', 'a { b = 1 }\nc {}\n'],
  ['spaces operators', 'a=1+2*-3-4\nb=!  x&&(  -1>2)\n', 'a = 1 + 2 * -3 - 4\nb = !x && (-1 > 2)\n'],
  [
    'tells signs from subtractions',
    'a=-1\nb=x  -1\nc=[-1,-  2]\nd=f(-1)\ne=x?-1:-2\n',
    'a = -1\nb = x - 1\nc = [-1, -2]\nd = f(-1)\ne = x ? -1 : -2\n',
  ],
  [
    'spaces calls and lists',
    'a=f (1,2 ,x... )\nb=[ 1,2 ]\nc={ a=1 ,b=2}\n',
    'a = f(1, 2, x...)\nb = [1, 2]\nc = { a = 1, b = 2 }\n',
  ],
  [
    'leaves accessors together',
    'a = b . c [ 0 ] . d\ne=f[ * ] . g\nh=i.*.j\n',
    'a = b.c[0].d\ne = f[*].g\nh = i.*.j\n',
  ],
  [
    'writes for expressions',
    'a=[for x in[1,2]:x if x>1]\nb={for k,v in m:k=>v... }\n',
    'a = [for x in [1, 2] : x if x > 1]\nb = { for k, v in m : k => v... }\n',
  ],
  [
    'leaves text of templates alone',
    'a="x  ${  b+1  }  y%{ if  c }z%{endif}"\n',
    'a = "x  ${b + 1}  y%{if c}z%{endif}"\n',
  ],
  ['parts objects from interpolation marks', 'a="${{b=1}}"\n', 'a = "${ { b = 1 } }"\n'],
  ['counts wide and joined characters once', 'a = "x" # 1\nb = "é👍🏽" # 2\n', 'a = "x"  # 1\nb = "é👍🏽" # 2\n'],
  ['keeps CR LF', 'a=1\r\nbc=2 # x\r\n', 'a  = 1\r\nbc = 2 # x\r\n'],
  ['drops a byte order mark', '\ufeffa=1\n', 'a = 1\n'],
  ['makes blanks of tabs', '\ta\t=\t1\n', 'a = 1\n'],
  ['keeps blanks at the end of the file', 'a=1\n   ', 'a = 1\n   '],
  ['takes blanks off empty lines', 'a {\n   \n}\n', 'a {\n\n}\n'],
  ['keeps a missing final line end', 'a=1', 'a = 1'],
  ['keeps comments in brackets', 'a=[1,/* x */2,\n# y\n3]\n', 'a = [1, /* x */ 2,\n  # y\n3]\n'],
  ['keeps two indices from becoming one number', 'a = b.1 . 5\n', 'a = b.1. 5\n'],
  ['takes nothing for nothing', '', ''],
];

describe('HCL formatting', () => {
  for (const [what, before, after] of CASES) {
    it(what, () => {
      assert.equal(format(before), after);
      assert.equal(format(after), after);
    });
  }

  it('gives the diagnostics of invalid text', () => {
    const result = formatHcl({ path: 'x.pkr.hcl', text: 'a = [1\nb = 2\nc = "\n' });
    assert.ok('diagnostics' in result);
    assert.deepEqual(
      result.diagnostics.map(one => one.code),
      ['unclosed-bracket', 'unclosed-string'],
    );
  });

  it('changes nothing but blanks, and nothing the second time', () => {
    const runs = Number(process.env['KILN_FUZZ'] ?? 300);
    fc.assert(
      fc.property(fc.integer(), seed => {
        const text = generateBody(seed);
        const once = format(text);
        assert.equal(format(once), once);
        assert.equal(once.replace(/[ \t]/g, ''), text.replace(/[ \t]/g, ''));
      }),
      { numRuns: runs },
    );
  });

  it('writes the corpus as packer fmt does', function () {
    if (!existsSync(CORPUS)) this.skip();
    let files = 0;
    for (const line of readFileSync(resolve(CORPUS, 'packer-1.6.6.ndjson'), 'utf8').split('\n')) {
      const { file, fmt } = JSON.parse(line || '{}') as { file?: string; fmt?: { sha256: string } };
      if (!file || !fmt) continue;
      const formatted = format(readFileSync(resolve(CORPUS, file), 'utf8'));
      assert.equal(createHash('sha256').update(formatted).digest('hex'), fmt.sha256, file);
      files++;
    }
    assert.equal(files, 36);
  });
});
