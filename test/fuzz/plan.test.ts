import { describe, it } from 'mocha';
import { readCorpus } from '../template/corpus.ts';
import { mutate, seeded } from '../template/json/mutate.ts';
import { checkTemplate } from './check.ts';
import { Documents, longTextDocuments, readVocabulary } from './documents.ts';
import { COUNT, FUZZ_TIMEOUT, fuzzRun, LONG, SEED } from './fuzz-run.ts';

describe('fuzz: any template gives a result or complaints, never an exception', function () {
  this.timeout(FUZZ_TIMEOUT);
  const { checkAll } = fuzzRun(checkTemplate);

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
