import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type LocalEc2, startLocalEc2 } from '../../src/local-ec2/index.ts';
import { finish, kilnCommand, type Result, Scratch } from '../helpers/kiln.ts';
import { SmallDisk, WHY_NO_SMALL_DISK } from '../helpers/small-disk.ts';
import { TEMPLATES } from './templates.ts';
import { inventory } from './world.ts';

const FULL = /the disk is full: "[^"]+" could not be written/;

describe(`kiln on a full disk says so, and leaves nothing half written${WHY_NO_SMALL_DISK}`, function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let disk: SmallDisk;
  beforeEach(function () {
    if (WHY_NO_SMALL_DISK) return this.skip();
    scratch = new Scratch();
    disk = new SmallDisk(join(scratch.dir, 'disk'));
  });
  afterEach(() => {
    if (WHY_NO_SMALL_DISK) return;
    disk.unmount();
    scratch.remove();
  });

  /** All that is on the disk, with its content. */
  const contents = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(disk.path, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && entry.name !== '.filler')
        .map(entry => [join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name), 'latin1')]),
    );
  const refused = (result: Result): void => {
    assert.equal(result.code, 1, result.stdout);
    assert.match(result.stderr, FULL);
    assert.doesNotMatch(result.stderr, /\n\s+at |this is a bug/);
  };
  const noise = (bytes: number): string =>
    randomBytes(bytes)
      .toString('latin1')
      .replace(/[^0-9A-Za-z]/g, 'x');

  describe('when a build writes', () => {
    const products: readonly (readonly [string, (on: string) => object])[] = [
      ['a manifest', on => ({ type: 'manifest', output: `${on}/manifest.json` })],
      ['checksums', on => ({ type: 'checksum', checksum_types: ['sha256'], output: `${on}/sums` })],
      ['a tar archive', on => ({ type: 'compress', output: `${on}/out.tar.gz` })],
      ['a zip archive', on => ({ type: 'compress', output: `${on}/out.zip` })],
      ['a packed file', on => ({ type: 'compress', output: `${on}/out.gz` })],
    ];
    for (const [title, element] of products) {
      it(title, async () => {
        scratch.write('template.json', {
          builders: [{ type: 'file', target: 'made', content: noise(20_000) }],
          'post-processors': [element(disk.path)],
        });
        const old = { builds: [], last_run_uuid: '' };
        if (title === 'a manifest') writeFileSync(join(disk.path, 'manifest.json'), JSON.stringify(old));
        const before = contents();
        for (const free of [0, 1]) {
          if (title === 'a manifest' && free === 1) continue;
          if (title === 'checksums' && free === 1) continue;
          disk.fill(free);
          const result = await scratch.run(['build', '-force', 'template.json']);
          refused(result);
          assert.match(result.stderr, /Finished before that and kept/);
          assert.deepEqual(contents(), before);
          disk.empty();
        }
        assert.equal((await scratch.run(['build', '-force', 'template.json'])).code, 0);
      });
    }

    it('the file of a file builder', async () => {
      scratch.write('source', noise(20_000));
      for (const what of [{ content: noise(20_000) }, { source: 'source' }]) {
        scratch.write('template.json', { builders: [{ type: 'file', target: `${disk.path}/made`, ...what }] });
        for (const free of [0, 1]) {
          disk.fill(free);
          refused(await scratch.run(['build', 'template.json']));
          assert.deepEqual(contents(), {});
          disk.empty();
        }
      }
    });

    it('a script of shell-local', async () => {
      scratch.write('template.json', {
        builders: [{ type: 'null', communicator: 'none' }],
        provisioners: [{ type: 'shell-local', inline: ['echo it ran'] }],
      });
      disk.fill();
      const result = await scratch.run(['build', 'template.json'], { TMPDIR: disk.path });
      refused(result);
      assert.doesNotMatch(result.stdout, /it ran/);
      assert.deepEqual(contents(), {});
    });

    it('a Vagrant box, the key of -debug, or what is kept for resume: and nothing stays on EC2', async () => {
      const server: LocalEc2 = await startLocalEc2({
        storeDir: join(scratch.dir, 'ec2'),
        machines: 'none',
        region: ['us-east-1', 'eu-west-1', 'us-west-2'],
      });
      try {
        const env = {
          AWS_ENDPOINT_URL: server.endpoint,
          AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
        };
        const plain = TEMPLATES['plain'] as { builders: object[] };
        const before = inventory(server);
        const left = (kinds: RegExp): string[] =>
          [...inventory(server)].filter(line => !before.has(line) && kinds.test(line));
        scratch.write('box.json', { ...plain, 'post-processors': [{ type: 'vagrant', output: `${disk.path}/x.box` }] });
        disk.fill();
        refused(await scratch.run(['build', 'box.json'], env));
        assert.deepEqual([contents(), left(/^(?!images|snapshots)/)], [{}, []]);

        const secret = { ...plain.builders[0], ami_name: 'debugged', temporary_key_pair_type: 'ed25519' };
        const template = { builders: [{ ...secret, communicator: 'ssh', ssh_username: 'u', ssh_host: '127.0.0.1' }] };
        const path = scratch.write('debug.json', template);
        const child = spawn(process.execPath, [...kilnCommand().slice(1), 'build', '-debug', path], {
          cwd: disk.path,
          env: { ...scratch.env, ...env },
          detached: true,
        });
        refused(await finish(child));
        assert.deepEqual([contents(), left(/^(?!images|snapshots)/)], [{}, []]);

        disk.empty();
        const fill = `head -c 1000000 /dev/zero >${disk.path}/.filler; exit 1`;
        const kept = { builders: [{ ...plain.builders[0], ami_name: 'kept' }] };
        scratch.write('keep.json', { ...kept, provisioners: [{ type: 'shell-local', inline: [fill] }] });
        const result = await scratch.run(['build', '-on-error=keep', 'keep.json'], {
          ...env,
          XDG_STATE_HOME: disk.path,
        });
        refused(result);
        assert.match(result.stderr, /Everything is cleaned up, as the build cannot be kept/);
        assert.deepEqual(left(/^(?!images|snapshots)/), []);
        assert.deepEqual(
          Object.keys(contents()).filter(name => !name.endsWith('.ndjson')),
          [],
        );
      } finally {
        await server.close();
      }
    });
  });

  it('when fmt, fix, hcl2_upgrade and hcl2_downgrade write templates', async () => {
    const template = JSON.stringify({
      // An option of old that fix renames.
      builders: [{ ...(TEMPLATES['plain'] as { builders: object[] }).builders[0], enhanced_networking: true }],
      provisioners: [{ type: 'shell-local', inline: ['true'], environment_vars: [noise(5000)] }],
    });
    const hcl = 'source "null" "a" {\ncommunicator="none"\n}\nbuild {\nsources=["null.a"]\n}\n';
    writeFileSync(join(disk.path, 't.json'), template);
    writeFileSync(join(disk.path, 't.pkr.hcl'), hcl);
    const before = contents();
    const at = (name: string): string => join(disk.path, name);
    disk.fill();
    for (const command of [
      ['fmt', at('t.json')],
      ['fmt', at('t.pkr.hcl')],
      ['fix', '-write', at('t.json')],
      ['hcl2_upgrade', '-output-file', at('new.pkr.hcl'), at('t.json')],
      ['hcl2_downgrade', '-output-file', at('new.json'), at('t.pkr.hcl')],
    ]) {
      refused(await scratch.run(command));
      assert.deepEqual(contents(), before, command[0]);
    }
  });

  it('when its own output goes into a file there', async () => {
    const path = scratch.write('t.json', {
      variables: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`variable_${index}`, 'x'])),
      builders: [{ type: 'null', communicator: 'none' }],
    });
    const into = (args: readonly string[], log = join(disk.path, 'log')): Promise<Result> =>
      finish(
        spawn(process.execPath, [...kilnCommand().slice(1), ...args], {
          cwd: scratch.dir,
          env: scratch.env,
          stdio: ['ignore', openSync(log, 'a'), 'pipe'],
        }),
      );
    for (const free of [0, 1]) {
      disk.fill(free);
      // What the file takes in part counts as lost, too.
      refused(await into(['inspect', path]));
      disk.empty();
      writeFileSync(join(disk.path, 'log'), '');
    }
    if (existsSync('/dev/full')) refused(await into(['inspect', path], '/dev/full'));
    // A build goes on, and does all it has to do.
    disk.fill();
    const product = { ...JSON.parse(readFileSync(path, 'utf8')), 'post-processors': [] };
    product.builders = [{ type: 'file', target: 'made', content: 'x' }];
    refused(await into(['build', scratch.write('b.json', product)]));
    assert.equal(readFileSync(join(scratch.dir, 'made'), 'utf8'), 'x');
  });

  it('when the embedded EC2 has its store there', async () => {
    const data = join(disk.path, 'data');
    mkdirSync(data);
    disk.fill();
    scratch.write('t.json', TEMPLATES['plain'] ?? {});
    const result = await scratch.run(['build', '-local', 't.json'], { XDG_DATA_HOME: data });
    refused(result);
    assert.deepEqual(contents(), {});
  });
});
