import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin } from '../../provisioners/shell/index.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import { type Bench, collect, never, startBench, until } from '../communicators/helpers.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { prepare, provision, type RunOptions } from './helpers.ts';

describe('provisioner shell', () => {
  const makeFolder = tempFolders();
  let bench: Bench;
  let communicator: Communicator;
  let remote: string;
  beforeEach(async () => {
    bench = await startBench();
    communicator = await bench.connect();
    remote = join(bench.server.root, 'tmp');
    mkdirSync(remote);
  });
  afterEach(() => bench.close());

  const run = (options: Record<string, unknown>, more?: RunOptions) =>
    provision(plugin, { remote_folder: remote, ...options }, communicator, more);
  const commands = (): string[] =>
    bench.server.log.filter(line => line.startsWith('exec ')).map(line => line.slice('exec '.length));

  it('runs inline lines as one script, in one shell, and removes it', async () => {
    const ui = await run({ inline: ['x=1', 'echo "x is $x"', 'echo warn >&2', 'echo $0'] });
    assert.match(ui.text('stdout'), /^x is 1\n.*\/tmp\/script_[0-9a-f]{12}\.sh\n$/);
    assert.equal(ui.text('stderr'), 'warn\n');
    assert.deepEqual(ui.said, ['Provisioning with shell script: inline script']);
    assert.deepEqual(readdirSync(remote), []);
  });

  it('stops an inline script at the first failing line, in the words of Packer', async () => {
    await assert.rejects(run({ inline: ['echo before', 'false', 'echo after'] }), {
      message: 'Script exited with non-zero exit status: 1. Allowed exit codes are: [0]',
    });
    assert.deepEqual(readdirSync(remote), [], 'the script is removed after a failure too');
  });

  it('renders inline lines with the build data when it runs', async () => {
    const ui = await run(
      { inline: ['echo {{.SourceAMI}} {{ build "ID" }}'] },
      { buildData: { SourceAMI: 'ami-1', ID: 'i-2' } },
    );
    assert.equal(ui.text('stdout'), 'ami-1 i-2\n');
  });

  it('runs scripts in order with LF line ends, and uploads binary ones as they are', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'a.sh'), '#!/bin/sh\r\necho a "$1"\r\nprintf "%s" "$(wc -c <"$0")"');
    writeFileSync(join(folder, 'b.sh'), 'echo b');
    const ui = await run({ scripts: [join(folder, 'a.sh'), join(folder, 'b.sh')] });
    assert.equal(ui.text('stdout'), 'a \n51b\n');
    assert.deepEqual(ui.said, [
      `Provisioning with shell script: ${join(folder, 'a.sh')}`,
      `Provisioning with shell script: ${join(folder, 'b.sh')}`,
    ]);
    await run({
      script: join(folder, 'a.sh'),
      binary: true,
      skip_clean: true,
      execute_command: 'true',
      remote_file: 'kept',
    });
    assert.deepEqual(readFileSync(join(remote, 'kept')), readFileSync(join(folder, 'a.sh')));
    assert.equal(statSync(join(remote, 'kept')).mode & 0o777, 0o755);
  });

  it("passes variables exactly: quotes, spaces, dollars, and the build's own", async () => {
    const value = `it's "quoted" $HOME \`x\` \\ end`;
    const ui = await run({
      environment_vars: [`TRICKY=${value}`, 'TWICE=first', 'WITH=a=b'],
      env: { TWICE: 'second' },
      inline: [
        'printenv TRICKY TWICE WITH PACKER_BUILD_NAME PACKER_BUILDER_TYPE',
        'printenv PACKER_HTTP_ADDR || echo none',
      ],
    });
    assert.equal(ui.text('stdout'), `${value}\nsecond\na=b\nweb\namazon-ebs\nnone\n`);
    const started = commands().find(line => line.includes('chmod +x')) ?? '';
    assert.match(
      started,
      /^chmod \+x (\S+); PACKER_BUILDER_TYPE='amazon-ebs' PACKER_BUILD_NAME='web' TRICKY='it'"'"'s .* TWICE='second' WITH='a=b' {2}\1$/,
    );
  });

  it('tells scripts of an HTTP server where the builder has one', async () => {
    const buildData = { PackerHTTPAddr: '10.0.0.1:8000', PackerHTTPIP: '10.0.0.1', PackerHTTPPort: '8000' };
    const ui = await run({ inline: ['echo $PACKER_HTTP_ADDR $PACKER_HTTP_IP $PACKER_HTTP_PORT'] }, { buildData });
    assert.equal(ui.text('stdout'), '10.0.0.1:8000 10.0.0.1 8000\n');
    const missing = { PackerHTTPAddr: 'ERR_HTTP_ADDR_NOT_IMPLEMENTED_BY_BUILDER' };
    assert.equal(
      (await run({ inline: ['echo "[$PACKER_HTTP_ADDR]"'] }, { buildData: missing })).text('stdout'),
      '[]\n',
    );
  });

  it('puts variables into a file of the login user alone, with use_env_var_file', async () => {
    const ui = await run({
      use_env_var_file: true,
      environment_vars: ["A=it's", 'B=2'],
      inline: ['echo "$A" $B', 'stat -c %a "$(dirname "$0")"/varfile_*'],
    });
    assert.equal(ui.text('stdout'), "it's 2\n600\n");
    assert.deepEqual(readdirSync(remote), []);
  });

  it('uses execute_command, inline_shebang, env_var_format and remote_path as given', async () => {
    const ui = await run({
      execute_command: 'export {{ .Vars }}; /bin/sh {{.Path}} tail',
      env_var_format: '%s="%s" ',
      inline_shebang: '/bin/sh -x',
      remote_path: join(remote, 'my script'.replace(' ', '-')),
      environment_vars: ['V=1'],
      inline: ['echo $V $1', 'head -1 "$0"'],
    });
    assert.equal(ui.text('stdout'), '1 tail\n#!/bin/sh -x\n');
  });

  it('leaves a first inline line with an interpreter of its own alone', async () => {
    const ui = await run({ inline: ['#!/bin/sh', 'false', 'head -2 "$0"'] });
    assert.equal(ui.text('stdout'), '#!/bin/sh\nfalse\n');
  });

  it('accepts valid_exit_codes, and signals as 128 and more', async () => {
    await run({ inline: ['exit 3'], valid_exit_codes: [0, 3] });
    await assert.rejects(run({ inline: ['exit 4'], valid_exit_codes: [0, 3] }), {
      message: 'Script exited with non-zero exit status: 4. Allowed exit codes are: [0 3]',
    });
    await assert.rejects(run({ execute_command: 'kill -KILL $$', inline: ['true'] }), {
      message: 'Script exited with non-zero exit status: 137. Allowed exit codes are: [0]',
      hint: 'signal KILL ended it',
    });
    await run({ execute_command: 'kill -KILL $$', inline: ['true'], valid_exit_codes: [137] });
  });

  it('fails when the connection is lost, and says what to set if that was meant', async () => {
    bench.server.mischief.dropAfter = 100;
    await assert.rejects(
      run({ inline: ['sleep 1000'], execute_command: '{{.Path}} DROP' }),
      (error: Error & { hint?: string }) => {
        assert.match(error.message, /connection to the machine was lost while the script ran/);
        assert.match(error.hint ?? '', /"expect_disconnect": true, or "valid_exit_codes": \[0, 2300218\]/);
        return true;
      },
    );
    assert.deepEqual(readdirSync(remote), []);
  });

  it('goes on after an expected disconnect, connects again and cleans up', async () => {
    bench.server.mischief.dropAfter = 100;
    for (const options of [{ expect_disconnect: true }, { valid_exit_codes: [0, 2_300_218] }]) {
      await run({ inline: ['sleep 1000'], execute_command: '{{.Path}} DROP', ...options });
      assert.deepEqual(readdirSync(remote), []);
    }
    assert.equal((await run({ inline: ['echo next'] })).text('stdout'), 'next\n');
  });

  it('waits through a reboot to remove the script', async () => {
    const rebooting = run({ inline: ['echo going down', 'sleep 1000'], expect_disconnect: true });
    await until(() => commands().some(line => line.includes('chmod +x')));
    await bench.server.reboot(2500);
    await rebooting;
    assert.deepEqual(readdirSync(remote), []);
  });

  it('tries to upload and start again while the machine is away', async () => {
    bench.server.mischief.refuseConnections = 2;
    bench.server.dropAll();
    assert.equal((await run({ inline: ['echo patient'] })).text('stdout'), 'patient\n');
  });

  it('gives up after start_retry_timeout', async () => {
    bench.server.mischief.refuseConnections = 1000;
    bench.server.dropAll();
    await assert.rejects(
      run({ inline: ['true'], start_retry_timeout: '300ms' }),
      /hung up before it said that it speaks SSH/,
    );
  });

  it('does not try again what can only fail again', async () => {
    const started = commands().length;
    await assert.rejects(
      run({ inline: ['true'], remote_folder: '/no/such/folder' }),
      /there is no folder "\/no\/such\/folder"/,
    );
    assert.ok(
      commands()
        .slice(started)
        .every(line => line.startsWith('rm -f ')),
    );
  });

  it('stops on abort: the script is killed and removed', async () => {
    const controller = new AbortController();
    const running = run({ inline: ['echo started', 'sleep 1234'] }, { signal: controller.signal });
    await until(() => readdirSync(remote).length > 0 && commands().some(line => line.includes('chmod +x')));
    controller.abort(new Error('cancelled'));
    await assert.rejects(running, /cancelled/);
    await until(() => readdirSync(remote).length === 0);
    const { stdout } = await collect(communicator, 'pgrep -f "[s]leep 1234" || echo gone', never);
    assert.equal(stdout, 'gone\n');
  });

  it('pauses after the last script, and not a moment longer than the build lives', async () => {
    const controller = new AbortController();
    const running = run({ inline: ['true'], pause_after: '1h' }, { signal: controller.signal });
    await until(() => commands().some(line => line.startsWith('rm -f')));
    controller.abort(new Error('cancelled'));
    await assert.rejects(running, /cancelled/);
    const ui = await run({ inline: ['true'], pause_after: '10ms' });
    assert.equal(ui.said.at(-1), 'Pausing 10ms after this provisioner...');
  });

  it('keeps the script with skip_clean', async () => {
    await run({ inline: ['true'], skip_clean: true, remote_file: 'kept.sh' });
    assert.deepEqual(readdirSync(remote), ['kept.sh']);
  });

  it('never meets another build that runs at the same time on the same machine', async () => {
    const results = await Promise.all(
      Array.from({ length: 5 }, (_, index) => run({ inline: [`sleep 0.1; echo ${index}`] })),
    );
    results.forEach((ui, index) => {
      assert.equal(ui.text('stdout'), `${index}\n`);
    });
  });

  it('reports missing scripts and bad variables where they stand, with the nearest name', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'setup.sh'), '');
    const { found } = await prepare(plugin, {
      scripts: [join(folder, 'setup.sh'), join(folder, 'setpu.sh')],
      environment_vars: ['A=1', 'B', '=c'],
    });
    assert.deepEqual(
      found.map(one => [one.severity, one.path, one.code]),
      [
        ['error', 'scripts.1', 'missing-file'],
        ['error', 'environment_vars.1', 'bad-variable'],
        ['error', 'environment_vars.2', 'bad-variable'],
      ],
    );
    assert.equal(found[0]?.hint, `did you mean "${join(folder, 'setup.sh')}"?`);
    assert.match((await prepare(plugin, { script: folder })).found[0]?.message ?? '', /is a folder/);
  });
});

describe('provisioner shell over communicator none', () => {
  it('fails at once, with the reason', async () => {
    const { noneCommunicator } = await import('../../src/communicators/none.ts');
    await assert.rejects(provision(plugin, { inline: ['true'] }, noneCommunicator()), /communicator is "none"/);
  });
});
