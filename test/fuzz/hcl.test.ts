import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'mocha';
import { generateBody } from '../template/hcl/helpers/generate.ts';
import { seeded } from '../template/json/mutate.ts';
import { checkHcl } from './check-hcl.ts';
import { COUNT, FUZZ_TIMEOUT, fuzzRun, SEED } from './fuzz-run.ts';
import { mutateHcl } from './hcl-mutate.ts';

const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/hcl');
const TEMPLATES = resolve(import.meta.dirname, '../../templates');

function textsOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter(name => /\.(pkr|pkrvars)\.hcl$/.test(name));
  const texts = names.sort().map(name => readFileSync(join(folder, name), 'utf8'));
  // At its default cost bcrypt is slow on purpose.
  return texts.map(text => text.replace(/bcrypt\(([\w.]+)\)/g, 'bcrypt($1, 4)'));
}

describe('fuzz: any HCL text gives a result or complaints, never an exception', function () {
  this.timeout(FUZZ_TIMEOUT);
  const { checkAll, cwd } = fuzzRun(checkHcl);

  const texts = [...textsOf(TEMPLATES), ...textsOf(CORPUS)];

  // They load, once, the plugins that all later ones ask for.
  it('the files as they are', async () => {
    assert.ok(texts.length > 0);
    for (const text of texts) await checkHcl(text, cwd());
  });

  it(`${COUNT} mutated files`, () => {
    const random = seeded(SEED);
    const pick = (): string => texts[Math.floor(random() * texts.length)] ?? '';
    return checkAll('mutated files', index => mutateHcl(texts[index % texts.length] ?? '', pick(), random));
  });

  it(`${COUNT} mutated random bodies`, () => {
    const random = seeded(SEED + 1);
    return checkAll('mutated random bodies', index =>
      mutateHcl(generateBody(SEED + index), generateBody(SEED + index + 1), random),
    );
  });
});
