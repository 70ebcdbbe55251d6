import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { codesInSources } from './codes.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const documented = [...page.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(match => match[1] ?? '');

describe('docs/errors.md', () => {
  const codes = codesInSources();

  it('has a line for every code of the sources', () => {
    assert.ok(codes.size > 200, String(codes.size));
    const known = new Set(documented);
    assert.deepEqual(
      [...codes].filter(([code]) => !known.has(code)).map(([code, file]) => `${code} (${file})`),
      [],
    );
  });

  it('has no line for a code that is no more, and none twice', () => {
    assert.deepEqual(
      documented.filter(code => !codes.has(code)),
      [],
    );
    assert.equal(new Set(documented).size, documented.length);
  });
});
