import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readCorpus } from '../template/corpus.ts';
import { mutate, seeded } from '../template/json/mutate.ts';
import { checkTemplate } from './check.ts';
import { Documents, longTextDocuments, readVocabulary } from './documents.ts';

/** Texts of each kind; KILN_FUZZ=100000 for a long run, KILN_FUZZ_SEED to repeat one. */
const COUNT = Number(process.env['KILN_FUZZ'] ?? 300);
const SEED = Number(process.env['KILN_FUZZ_SEED'] ?? 1);
/** Milliseconds; only long runs look at it, as a test must not depend on how busy the machine is. */
const SLOW = 1000;
const LONG = process.env['KILN_FUZZ'] !== undefined;

describe('fuzz: any template gives a result or complaints, never an exception', function () {
  this.timeout(Math.max(120_000, COUNT * 100));
  let cwd = '';
  const home = process.cwd();
  const environment = { ...process.env };

  before(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kiln-fuzz-'));
    writeFileSync(join(cwd, 'script.sh'), '#!/bin/sh\n');
    mkdirSync(join(cwd, 'folder'));
    process.chdir(cwd);
    for (const name of Object.keys(process.env)) if (/^(AWS|VAULT|CONSUL)_/.test(name)) delete process.env[name];
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  });
  after(() => {
    process.chdir(home);
    process.env = environment;
    rmSync(cwd, { recursive: true, force: true });
  });

  async function checkAll(title: string, make: (index: number) => string, count = COUNT): Promise<void> {
    const started = performance.now();
    const slowest = { time: 0, text: '' };
    for (let index = 0; index < count; index++) {
      const text = make(index);
      // Processor time, as other work on the machine must not count.
      const before = process.cpuUsage();
      try {
        await checkTemplate(text, cwd);
      } catch (error) {
        throw new Error(`seed ${SEED}, number ${index}, text ${JSON.stringify(text)}`, { cause: error });
      }
      const { user, system } = process.cpuUsage(before);
      const time = (user + system) / 1000;
      if (time > slowest.time) Object.assign(slowest, { time, text });
    }
    if (!LONG) return;
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stdout.write(`\n${count} ${title} in ${seconds} s, the slowest took ${slowest.time.toFixed(0)} ms\n`);
    assert.ok(slowest.time < SLOW, `${slowest.time} ms for ${JSON.stringify(slowest.text)}`);
  }

  it(`${COUNT} mutated public templates`, function () {
    const texts = readCorpus()?.map(entry => entry.text);
    if (!texts) return this.skip();
    const random = seeded(SEED);
    return checkAll('mutated templates', index => mutate(texts[index % texts.length] ?? '', random));
  });

  it(`${COUNT} random documents`, async () => {
    const documents = new Documents(await readVocabulary(), seeded(SEED + 1));
    await checkAll('random documents', () => documents.next());
  });

  it(`${COUNT} mutated random documents`, async () => {
    const random = seeded(SEED + 2);
    const documents = new Documents(await readVocabulary(), random);
    await checkAll('mutated random documents', () => mutate(documents.next(), random));
  });

  it('very long texts in every option', async () => {
    const all = [...longTextDocuments(await readVocabulary())];
    // Every type and every text, but not each with each: that takes minutes.
    const some = LONG ? all : all.filter((_, index) => index % 41 === 0);
    await checkAll('documents with long texts', index => some[index] ?? '', some.length);
  });
});
