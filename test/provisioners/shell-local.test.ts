import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { plugin } from '../../provisioners/shell-local/index.ts';
import { noneCommunicator } from '../../src/communicators/none.ts';
import { recordingUi, until } from '../communicators/helpers.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { prepare, provision, type RunOptions } from './helpers.ts';

const run = (options: Record<string, unknown>, more?: RunOptions) =>
  provision(plugin, options, noneCommunicator(), more);

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter(name => name.startsWith('packer-shell'));
}

describe('provisioner shell-local', () => {
  const makeFolder = tempFolders();

  it('runs inline lines as one local script and removes it', async () => {
    const before = leftovers();
    const ui = await run({ inline: ['x=1', 'echo "x=$x"', 'echo err >&2', 'echo "$0"'] });
    assert.match(ui.text('stdout'), /^x=1\n.*\/packer-shell.*\/script\n$/);
    assert.equal(ui.text('stderr'), 'err\n');
    assert.match(ui.said[0] ?? '', /^Running local shell script: /);
    assert.deepEqual(leftovers(), before);
  });

  it("passes variables exactly, beside this process's own", async () => {
    const value = `it's "quoted" $HOME`;
    const ui = await run(
      {
        environment_vars: [`T=${value}`, 'ID={{ build "ID" }}'],
        inline: ['printenv T ID PACKER_BUILD_NAME', '[ -n "$PATH" ]'],
      },
      { buildData: { ID: 'i-1' } },
    );
    assert.equal(ui.text('stdout'), `${value}\ni-1\nweb\n`);
  });

  it('fails in the words of Packer, and accepts valid_exit_codes', async () => {
    await assert.rejects(run({ inline: ['exit 3'] }), {
      message: 'Script exited with non-zero exit status: 3. Allowed exit codes are: [0]',
    });
    await run({ inline: ['exit 3'], valid_exit_codes: [3] });
  });

  it('runs scripts by absolute path, and the deprecated command', async () => {
    const folder = makeFolder();
    const script = join(folder, 'a.sh');
    writeFileSync(script, '#!/bin/sh\necho "$0"\n', { mode: 0o755 });
    assert.equal((await run({ script })).text('stdout'), `${script}\n`);
    assert.equal((await run({ command: 'echo old' })).text('stdout'), 'old\n');
    const ui = await run({
      script,
      execute_command: ['/bin/echo', '{{.Vars}}', '{{.Script}}', '{{.Command}}'],
      env: { A: '1' },
    });
    assert.equal(
      ui.text('stdout'),
      `A='1' PACKER_BUILDER_TYPE='amazon-ebs' PACKER_BUILD_NAME='web'  ${script} ${script}\n`,
    );
  });

  it('skips other operating systems', async () => {
    const ui = await run({ inline: ['exit 1'], only_on: ['windows'] });
    assert.deepEqual(ui.said, ['Skipping shell-local due to runtime OS']);
    assert.equal(
      (await run({ inline: ['echo here'], only_on: ['linux', 'darwin', 'freebsd'] })).text('stdout'),
      'here\n',
    );
  });

  it('ends the whole process group on abort, children that ignore the request included', async () => {
    const controller = new AbortController();
    const ui = recordingUi();
    const running = run(
      { inline: ["sh -c 'trap : TERM; echo $$; while :; do sleep 0.1; done' & sleep 1000"] },
      { signal: controller.signal, ui },
    );
    await until(() => ui.text('stdout').endsWith('\n'));
    const pid = Number(ui.text('stdout'));
    controller.abort(new Error('cancelled'));
    await assert.rejects(running, /cancelled/);
    await until(() => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  it('says which command could not be found', async () => {
    await assert.rejects(run({ inline: ['true'], execute_command: ['no-such-shell', '{{.Script}}'] }), {
      message: 'the command "no-such-shell" was not found on this host',
    });
  });

  it('reports a missing script with the nearest name', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'notify.sh'), '');
    const { found } = await prepare(plugin, { script: join(folder, 'notfy.sh') });
    assert.equal(found[0]?.hint, `did you mean "${join(folder, 'notify.sh')}"?`);
    const linux = await prepare(plugin, { inline: ['x'], use_linux_pathing: true });
    assert.equal(linux.found[0]?.path, 'inline');
  });
});
