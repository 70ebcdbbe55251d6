import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { generateBody } from '../template/hcl/helpers/generate.ts';
import { seeded } from '../template/json/mutate.ts';
import { checkHcl } from './check-hcl.ts';
import { mutateHcl } from './hcl-mutate.ts';

/** Texts of each kind; KILN_FUZZ=100000 for a long run, KILN_FUZZ_SEED to repeat one. */
const COUNT = Number(process.env['KILN_FUZZ'] ?? 300);
const SEED = Number(process.env['KILN_FUZZ_SEED'] ?? 1);
/** Milliseconds of processor time; only long runs look at it, as a test must not depend on how busy the machine is. */
const SLOW = 1000;
const LONG = process.env['KILN_FUZZ'] !== undefined;
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
  this.timeout(Math.max(120_000, COUNT * 100));
  let cwd = '';
  const home = process.cwd();
  const environment = { ...process.env };

  before(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kiln-fuzz-'));
    writeFileSync(join(cwd, 'script.sh'), '#!/bin/sh\n');
    mkdirSync(join(cwd, 'folder'));
    process.chdir(cwd);
    for (const name of Object.keys(process.env)) if (/^(AWS|VAULT|CONSUL|PKR)_/.test(name)) delete process.env[name];
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  });
  after(() => {
    process.chdir(home);
    process.env = environment;
    rmSync(cwd, { recursive: true, force: true });
  });

  async function checkAll(title: string, make: (index: number) => string): Promise<void> {
    const started = performance.now();
    const slowest = { time: 0, text: '' };
    for (let index = 0; index < COUNT; index++) {
      const text = make(index);
      const before = process.cpuUsage();
      try {
        await checkHcl(text, cwd);
      } catch (error) {
        throw new Error(`seed ${SEED}, number ${index}, text ${JSON.stringify(text)}`, { cause: error });
      }
      const { user, system } = process.cpuUsage(before);
      const time = (user + system) / 1000;
      if (time > slowest.time) Object.assign(slowest, { time, text });
    }
    if (!LONG) return;
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stdout.write(`\n${COUNT} ${title} in ${seconds} s, the slowest took ${slowest.time.toFixed(0)} ms\n`);
    assert.ok(slowest.time < SLOW, `${slowest.time} ms for ${JSON.stringify(slowest.text)}`);
  }

  const texts = [...textsOf(TEMPLATES), ...textsOf(CORPUS)];

  // They load, once, the plugins that all later ones ask for.
  it('the files as they are', async () => {
    assert.ok(texts.length > 0);
    for (const text of texts) await checkHcl(text, cwd);
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
