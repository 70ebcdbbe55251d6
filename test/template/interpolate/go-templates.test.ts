import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { RenderError, type RenderScope } from '../../../src/template/model.ts';
import { renderer } from './engine.ts';

interface Recorded {
  readonly text: string;
  readonly out?: string;
  readonly error?: 'parse' | 'run';
}

/** The data that the recording program gave to its templates. */
const scope: RenderScope = {
  phase: 'run',
  buildName: 'amazon-ebs',
  data: {
    ID: 'i-1',
    N: 3,
    F: 1.5,
    B: true,
    Tags: { x: 'y', a: 'b' },
    L: ['p', 'q', 'r'],
    M: { k: 'v', n: { z: 'zz' } },
    E: [1, 'a', null],
    U: 'héllo😀',
  },
};

const file = new URL('fixtures/go-1.26.ndjson', import.meta.url);
const recorded = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Recorded);

describe('templates recorded with text/template of Go 1.26', () => {
  it('give the same text', () => {
    const good = recorded.filter(one => one.out !== undefined);
    assert.ok(good.length > 500);
    for (const { text, out } of good) assert.equal(renderer.render(text, scope), out, text);
  });

  it('fail where they fail there, at parsing or at execution', () => {
    const bad = recorded.filter(one => one.error);
    assert.ok(bad.length > 100);
    for (const { text, error } of bad) {
      assert.throws(() => renderer.render(text, scope), RenderError, text);
      if (error === 'run') assert.doesNotThrow(() => renderer.check(text, scope), text);
      else assert.throws(() => renderer.check(text, scope), RenderError, text);
    }
  });
});
