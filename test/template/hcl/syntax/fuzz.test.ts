import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'mocha';
import { formatHcl } from '../../../../src/template/hcl/format/index.ts';
import { parseHcl, parseHclExpression, parseHclTemplate } from '../../../../src/template/hcl/syntax/index.ts';
import { generateBody, mutate } from '../helpers/generate.ts';

const CORPUS = resolve(import.meta.dirname, '../../../../../shared/corpus/hcl');
const RUNS = Number(process.env['KILN_FUZZ'] ?? 400);

function check(text: string): void {
  const file = { path: 'x', text };
  const all = [
    ...parseHcl(file).diagnostics,
    ...parseHclExpression(file).diagnostics,
    ...parseHclTemplate(file).diagnostics,
  ];
  for (const { message, span } of all) {
    const placed = span && span.start >= 0 && span.start <= span.end && span.end <= text.length;
    if (message === '' || !placed)
      assert.fail(`"${message}" at ${span?.start} to ${span?.end} of ${JSON.stringify(text)}`);
  }
  formatHcl(file);
}

describe('HCL syntax under fire', () => {
  it(`survives ${RUNS} broken bodies, with every finding at a place`, () => {
    for (let seed = 0; seed < RUNS; seed++) check(mutate(generateBody(seed), seed));
  });

  it(`survives ${RUNS} broken copies of real files`, function () {
    if (!existsSync(CORPUS)) this.skip();
    const texts = readdirSync(CORPUS).map(name => readFileSync(resolve(CORPUS, name), 'utf8'));
    for (let seed = 0; seed < RUNS; seed++) check(mutate(texts[seed % texts.length] ?? '', seed));
  });

  it('survives long runs of every sign', () => {
    for (const sign of [
      '{',
      '[',
      '(',
      '"${',
      '$',
      '%',
      '%{',
      'a.',
      'a[',
      '-',
      '!',
      'a ? ',
      '\\',
      '"',
      '<<A\n',
      'a {\n',
      '/*',
      '[for a in ',
      '0.',
      'a = ',
      '\n',
      ',',
      '*',
      '%{if a}',
      '${~',
    ]) {
      check(sign.repeat(3000));
      check(`a = ${sign.repeat(3000)}`);
      check(`a = "${sign.repeat(3000)}"`);
    }
  });
});
