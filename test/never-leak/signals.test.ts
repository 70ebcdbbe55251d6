import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type CallWatch, type LocalEc2, startLocalEc2 } from '../../src/local-ec2/index.ts';
import { finish, Scratch } from '../helpers/kiln.ts';
import { TEMPLATES } from './templates.ts';
import { inventory } from './world.ts';

/** Whether a process exists and does something. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^\d+ \(.*\) [ZX]/.test(stat);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10));
}

describe('signals', function () {
  this.timeout(60_000);
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());

  describe('to a bake on EC2', () => {
    let server: LocalEc2;
    let watch: CallWatch;
    let env: NodeJS.ProcessEnv;
    let before: Set<string>;
    beforeEach(async () => {
      watch = () => undefined;
      server = await startLocalEc2({
        storeDir: join(scratch.dir, 'ec2'),
        machines: 'none',
        region: ['us-east-1', 'eu-west-1', 'us-west-2'],
        onCall: (...call) => watch(...call),
      });
      env = {
        AWS_ENDPOINT_URL: server.endpoint,
        AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      };
      before = inventory(server);
    });
    afterEach(() => server.close());
    const left = (): string[] => [...inventory(server)].filter(line => !before.has(line));

    it('the second one stops it at once, says how to finish, and the ledger knows it all', async () => {
      scratch.write('template.json', TEMPLATES['plain'] ?? {});
      const child = scratch.start(['build', 'template.json'], env);
      let release = (): void => {};
      const held = new Promise<undefined>(resolve => {
        release = () => resolve(undefined);
      });
      watch = (moment, action) => {
        if (moment !== 'received') return undefined;
        if (action === 'CreateImage') child.kill('SIGINT');
        // The clean-up is under way, and takes for ever.
        if (action !== 'TerminateInstances') return undefined;
        child.kill('SIGINT');
        return held;
      };
      const result = await finish(child);
      watch = () => undefined;
      assert.equal(result.code, 1);
      assert.match(result.stderr, /Cancelling build after receiving interrupt/);
      assert.match(result.stderr, /Stopped at once.*"kiln gc -yes" removes it/);
      release();
      const listed = await scratch.run(['gc', '-json'], env);
      assert.match(listed.stdout, /"kind":"ec2:instance"/);
      assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
      assert.deepEqual(left(), []);
    });

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      it(`the first ${signal} cancels, undoes and ends with code 1`, async () => {
        scratch.write('template.json', TEMPLATES['plain'] ?? {});
        const child = scratch.start(['build', 'template.json'], env);
        watch = (moment, action) => {
          if (moment === 'received' && action === 'CreateImage') child.kill(signal);
          return undefined;
        };
        const result = await finish(child);
        assert.deepEqual([result.code, result.signal], [1, null]);
        assert.match(result.stdout, /Cleanly cancelled builds after being interrupted/);
        assert.deepEqual(left(), []);
      });
    }

    it('a reader that goes away (head -1) ends neither build nor clean-up', async () => {
      scratch.write('template.json', TEMPLATES['plain'] ?? {});
      const child = scratch.start(['build', 'template.json'], env);
      child.stdout?.once('data', () => child.stdout?.destroy());
      child.stderr?.destroy();
      const ended = new Promise<number | null>(resolve => child.on('exit', resolve));
      assert.equal(await ended, 0);
      const { images, snapshots, ...others } = server.state();
      assert.deepEqual([images.length, snapshots.length], [1, 1]);
      assert.deepEqual(Object.values(others).flat(), []);
      assert.ok(existsSync(join(scratch.dir, 'work', 'manifest.json')));
    });

    it('nobody reads, and then it is cancelled: the clean-up is done all the same', async () => {
      scratch.write('template.json', TEMPLATES['plain'] ?? {});
      const child = scratch.start(['build', 'template.json'], env);
      child.stdout?.destroy();
      child.stderr?.destroy();
      watch = (moment, action) => {
        if (moment === 'received' && action === 'StopInstances') child.kill('SIGINT');
        return undefined;
      };
      const code = await new Promise<number | null>(resolve => child.on('exit', resolve));
      assert.equal(code, 1);
      assert.deepEqual(left(), []);
    });

    it('two builds of one template, and two runs at once, keep their ledgers apart', async () => {
      const [builder] = (TEMPLATES['plain'] as { builders: object[] }).builders;
      const two = {
        ...TEMPLATES['plain'],
        builders: [1, 2].map(one => ({ ...builder, name: `b${one}`, ami_name: `two-{{user \`id\`}}-${one}` })),
      };
      scratch.write('template.json', two);
      const children = ['1', '2', '3'].map(id => scratch.start(['build', '-var', `id=${id}`, 'template.json'], env));
      const results = children.map(finish);
      let creations = 0;
      watch = (moment, action) => {
        if (moment === 'done' && action === 'RunInstances' && ++creations === 4)
          for (const child of children) child.kill('SIGKILL');
        return undefined;
      };
      await Promise.all(results);
      watch = () => undefined;
      assert.ok(readdirSync(join(scratch.dir, 'state', 'kiln', 'runs')).length >= 2);
      // Two that clean up at once do not disturb each other either.
      const collected = await Promise.all([scratch.run(['gc', '-yes'], env), scratch.run(['gc', '-yes'], env)]);
      for (const one of collected) assert.equal(one.code, 0, one.stderr);
      assert.equal((await scratch.run(['gc', '-json'], env)).stdout, '');
      const unfinished = server.state().images.filter(image => image.tags['kiln:expires'] !== 'never');
      assert.deepEqual(unfinished, []);
      const { images: _, snapshots: __, ...others } = server.state();
      assert.deepEqual(Object.values(others).flat(), []);
    });
  });

  describe('to local commands', () => {
    /** A command whose child ignores polite requests, and tells its pid. */
    const stubborn = {
      builders: [{ type: 'null', communicator: 'none' }],
      provisioners: [
        {
          type: 'shell-local',
          inline: ['sh -c \'trap "" TERM INT HUP; echo $$ >pid; while :; do sleep 1; done\' & wait'],
        },
      ],
    };
    const pidOf = (): number => Number(readFileSync(join(scratch.dir, 'work', 'pid'), 'utf8'));
    const started = (): boolean => existsSync(join(scratch.dir, 'work', 'pid')) && pidOf() > 0;

    for (const [title, times] of [
      ['one signal', 1],
      ['two', 2],
    ] as const) {
      it(`end the whole process group of shell-local: ${title}`, async () => {
        scratch.write('template.json', stubborn);
        const child = scratch.start(['build', 'template.json']);
        const ended = finish(child);
        await until(started);
        const pid = pidOf();
        assert.ok(isAlive(pid));
        child.kill('SIGINT');
        if (times === 2) child.kill('SIGTERM');
        assert.equal((await ended).code, 1);
        await until(() => !isAlive(pid));
      });
    }
  });
});
