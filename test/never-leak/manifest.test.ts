import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { finish, Scratch } from '../helpers/kiln.ts';

const BUILDS = 50;

/** Stops a process and waits until it does nothing any more; false when it has ended. */
function stopped(pid: number): boolean {
  try {
    process.kill(pid, 'SIGSTOP');
    for (;;) {
      const state = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
      if (state === 'T') return true;
      if (state === undefined || state === 'Z') return false;
    }
  } catch {
    return false;
  }
}

describe('fifty builds at once that write one manifest', function () {
  this.timeout(180_000);
  const scratch = new Scratch();
  after(() => scratch.remove());

  it('leave a valid document with every finished build in it, when killed in the middle of writing it', async function () {
    if (process.platform !== 'linux') return this.skip();
    scratch.write('template.json', {
      variables: { id: '' },
      builders: [{ type: 'file', name: 'b{{user `id`}}', target: 'out-{{user `id`}}', content: 'x' }],
      'post-processors': [
        // So large that writing it takes a while.
        { type: 'manifest', output: 'all.json', custom_data: { id: '{{user `id`}}', pad: 'x'.repeat(200_000) } },
      ],
    });
    const work = join(scratch.dir, 'work');
    mkdirSync(work, { recursive: true });
    const children = new Map<number, { readonly id: number; readonly child: ChildProcess }>();
    let inTheMiddle = 0;
    // The names of a new document and of a claim to the lock tell whose they are: HOST-PID-START.
    const watcher = watch(work, (_, name) => {
      const pid = Number(/^\.all\.json\..*?\b[0-9a-f]{8}-(\d+)-[0-9a-f]{8}/.exec(name ?? '')?.[1]);
      const one = children.get(pid);
      if (!one || name === null) return;
      if (name.startsWith('.all.json.kiln-')) {
        if (one.id % 3 !== 1 || !stopped(pid)) return;
        const writing = existsSync(join(work, name));
        one.child.kill(writing ? 'SIGKILL' : 'SIGCONT');
        if (!writing) return;
        inTheMiddle += 1;
        children.delete(pid);
      } else if (one.id % 3 === 2) {
        // At any moment of waiting for the lock, holding it, and giving it back.
        children.delete(pid);
        setTimeout(() => one.child.kill('SIGKILL'), Math.random() * 100);
      }
    });
    const finished: string[] = [];
    const runs = Array.from({ length: BUILDS }, async (_, id) => {
      const child = scratch.start(['build', '-var', `id=${id}`, 'template.json']);
      children.set(child.pid ?? 0, { id, child });
      const result = await finish(child);
      if (result.code === 0) finished.push(String(id));
      else assert.equal(result.signal, 'SIGKILL', result.stdout + result.stderr);
    });
    await Promise.all(runs);
    watcher.close();
    const document = JSON.parse(scratch.read('all.json')) as { builds: { custom_data: { id: string } }[] };
    const written = document.builds.map(build => build.custom_data.id);
    assert.deepEqual(
      finished.filter(id => !written.includes(id)),
      [],
    );
    assert.equal(new Set(written).size, written.length);
    assert.ok(finished.length >= Math.ceil(BUILDS / 3));
    assert.ok(inTheMiddle >= 3, `only ${inTheMiddle} were hit while they wrote`);
    // Whoever comes next finds the lock free, and removes what the dead have left.
    const last = await scratch.run(['build', '-var', 'id=last', 'template.json']);
    assert.equal(last.code, 0, last.stderr);
    const beside = readdirSync(work).filter(name => name.includes('all.json'));
    assert.deepEqual(beside, ['all.json']);
  });
});
