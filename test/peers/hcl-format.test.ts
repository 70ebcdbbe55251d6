import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { formatHcl } from '../../src/template/hcl/format/index.ts';
import { hasTool } from '../helpers/tools.ts';
import { generateBody } from '../template/hcl/helpers/generate.ts';

const FILES = Number(process.env['KILN_FUZZ'] ?? 400);

const TRICKY = [
  'a=1',
  '\ufeffa=1\r\nbc=2\r\n',
  '\ta\t=\t1\t# x\t\n',
  'a = 1   \n\n   \n  ',
  'a = [\n1,\n[\n2\n]\n, 3]\n',
  'a = f({\nb = [{\nc = 1\n}]\n})\nd = 1\n',
  'x = {\n}\ny={a=1\n}\n',
  'a = <<EOT\n ${[\n1\n]}\nEOT\nb = 1\n',
  'b {\na = <<-EOT\n  x\n    EOT\n}\n',
  'a = x ? -1 : - 2\nb = -x.y\nc = a - -b\ne = 1-1\nf = a[-1]\n',
  'a = [for x in[1]:x]\nb = {for k,v in {}:k=>v...if v}\n',
  'a = b [0] [ "c" ] . d.*.e[*]. f\n',
  'a = "${ a }${b}%{ if c }d%{ endif }$${e}"\n',
  'a = 1 # x\nbcd = 22 // y\n\ne = 3 /* z */\n',
  'é = 1 # x\nbcd = "👍🏽" # y\n한국 = "e\u0301" # z\n',
  'a {} # x\nb { c = 1 } # y\n',
  'a = [ # x\n  1, # y\n  22 # z\n]\n',
  '/* a\n b */ c = 1\n',
  'a = (\n1 +\n2\n)\n',
  'a = { "b" : 1, (c) = 2, d:3 }\n',
];

describe('packer fmt', () => {
  it(`writes ${FILES} untidy files as kiln does`, function () {
    if (!hasTool('packer')) this.skip();
    this.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), 'kiln-fmt-'));
    try {
      const generated = Array.from({ length: FILES }, (_, seed) => generateBody(seed));
      // Old versions wrote "! a"; newer ones, and kiln, write "!a".
      const texts = [...TRICKY, ...generated].filter(text => !/!(?!=)/.test(text));
      texts.forEach((text, index) => {
        writeFileSync(join(folder, `f${index}.pkr.hcl`), text);
      });
      execFileSync('packer', ['fmt', folder], { env: { ...process.env, CHECKPOINT_DISABLE: '1' }, stdio: 'pipe' });
      texts.forEach((text, index) => {
        const formatted = formatHcl({ path: `f${index}`, text });
        const expected = readFileSync(join(folder, `f${index}.pkr.hcl`), 'utf8');
        assert.deepEqual(formatted, { text: expected }, JSON.stringify(text));
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
