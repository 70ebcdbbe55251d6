import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'mocha';
import { isAlive, ownerIsDead, ownerTag, thisProcess } from '../../src/sdk/process-identity.ts';

describe('process identity', () => {
  it('knows itself to be alive', () => {
    assert.equal(isAlive(thisProcess()), true);
    assert.equal(ownerIsDead(ownerTag()), false);
  });

  it('cannot tell of other hosts and containers', () => {
    assert.equal(isAlive({ ...thisProcess(), host: 'elsewhere' }), undefined);
    assert.equal(isAlive({ ...thisProcess(), namespace: 'pid:[1]' }), undefined);
    assert.equal(ownerIsDead('00000000-1-00000000'), false);
    assert.equal(ownerIsDead('no tag at all'), false);
  });

  it('sees that a process has ended, or that its pid belongs to another one', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    assert.equal(isAlive({ ...thisProcess(), pid: child.pid ?? 0 }), false);
    assert.equal(ownerIsDead(ownerTag().replace(/-\d+-/, `-${child.pid}-`)), true);
    assert.equal(isAlive({ ...thisProcess(), startTime: 'earlier' }), false);
  });

  it('takes a zombie for ended (Linux)', async function () {
    if (process.platform !== 'linux') return this.skip();
    // The shell becomes a program that never asks how its child ended.
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [text] = (await once(parent.stdout, 'data')) as [Buffer];
      const identity = { ...thisProcess(), pid: Number(text.toString()), startTime: '' };
      while (isAlive(identity) !== false) await new Promise(resolve => setTimeout(resolve, 10));
      assert.doesNotThrow(() => process.kill(identity.pid, 0));
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });
});
