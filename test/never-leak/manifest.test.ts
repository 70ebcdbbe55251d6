import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { finish, Scratch } from '../helpers/kiln.ts';

const BUILDS = 50;

describe('fifty builds that write one manifest, killed at random', function () {
  this.timeout(180_000);
  const scratch = new Scratch();
  after(() => scratch.remove());

  it('leave a valid document with every finished build in it', async () => {
    scratch.write('template.json', {
      variables: { id: '' },
      builders: [{ type: 'file', name: 'b{{user `id`}}', target: 'out-{{user `id`}}', content: 'x' }],
      'post-processors': [{ type: 'manifest', output: 'all.json', custom_data: { id: '{{user `id`}}' } }],
    });
    const ids = Array.from({ length: BUILDS }, (_, index) => String(index));
    const finished: string[] = [];
    // So many at once that they wait for one another, not so many that the machine only starts processes.
    const queue = [...ids];
    let slowest = 2000;
    const worker = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        const started = performance.now();
        const child = scratch.start(['build', '-var', `id=${id}`, 'template.json']);
        // Every third one lives; the others are hit at any moment of their life.
        const timer =
          Number(id) % 3 === 0 ? undefined : setTimeout(() => child.kill('SIGKILL'), Math.random() * slowest);
        const result = await finish(child);
        clearTimeout(timer);
        if (result.code !== 0) continue;
        finished.push(id);
        slowest = Math.min(slowest, performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: 25 }, worker));
    const document = JSON.parse(scratch.read('all.json')) as {
      builds: { custom_data: { id: string }; files: { name: string }[] }[];
      last_run_uuid: string;
    };
    const written = document.builds.map(build => build.custom_data.id);
    assert.deepEqual(
      finished.filter(id => !written.includes(id)),
      [],
    );
    assert.equal(new Set(written).size, written.length);
    assert.ok(finished.length >= Math.ceil(BUILDS / 3));
    // Whoever comes next finds the lock free, and removes what the dead have left.
    const last = await scratch.run(['build', '-var', 'id=last', 'template.json']);
    assert.equal(last.code, 0, last.stderr);
    const beside = readdirSync(join(scratch.dir, 'work')).filter(name => name.includes('all.json'));
    assert.deepEqual(beside, ['all.json']);
  });
});
