import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'mocha';
import { parseHcl } from '../../../../src/template/hcl/syntax/index.ts';

const CORPUS = resolve(import.meta.dirname, '../../../../../shared/corpus/hcl');

describe('HCL files of the corpus', () => {
  it('all parse', function () {
    if (!existsSync(CORPUS)) this.skip();
    const names = readdirSync(CORPUS);
    assert.equal(names.filter(name => name.endsWith('.pkr.hcl')).length, 32);
    for (const name of names) {
      assert.deepEqual(
        parseHcl({ path: name, text: readFileSync(resolve(CORPUS, name), 'utf8') }).diagnostics,
        [],
        name,
      );
    }
  });
});
