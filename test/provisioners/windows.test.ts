import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { elevatedScript } from '../../provisioners/powershell/elevated.ts';
import { plugin as powershell } from '../../provisioners/powershell/index.ts';
import { plugin as windowsRestart } from '../../provisioners/windows-restart/index.ts';
import { plugin as windowsShell } from '../../provisioners/windows-shell/index.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import { type Bench, startBench } from '../communicators/helpers.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { prepare, provision } from './helpers.ts';
import { standIn } from './stand-in.ts';

// No Windows here: what is tested is the commands and scripts that would reach it.
describe('provisioners for Windows', () => {
  const makeFolder = tempFolders();
  let bench: Bench;
  let communicator: Communicator;
  let temp: string;
  beforeEach(async () => {
    bench = await startBench();
    communicator = await bench.connect();
    temp = join(bench.server.root, 'c:/Windows/Temp');
    mkdirSync(temp, { recursive: true });
  });
  afterEach(() => bench.close());
  const program = (name: string, body: string): void => standIn(join(bench.server.root, 'bin'), name, body);
  const commands = (): string[] =>
    bench.server.log.filter(line => line.startsWith('exec ')).map(line => line.slice('exec '.length));

  describe('powershell', () => {
    it('wraps inline lines so that errors and exit codes count, with escaped variables', async () => {
      program('powershell', '[ "$3" = -file ] && cat "$4" && exit 5');
      const running = provision(
        powershell,
        { inline: ['Get-Date', 'exit 3'], environment_vars: ['A=say "$x" `now`'], valid_exit_codes: [5] },
        communicator,
      );
      const script = (await running).text('stdout');
      assert.match(script, /ProgressPreference/);
      assert.match(script, /\$env:A="say `"`\$x`" ``now``"; \$env:PACKER_BUILDER_TYPE="amazon-ebs"; /);
      assert.match(script, /try \{\r\n.*\r\nGet-Date\r\nexit 3\r\n\} catch \{/s);
      assert.match(
        commands()[0] ?? '',
        /^powershell -executionpolicy bypass -file c:\/Windows\/Temp\/script-[0-9a-f-]{36}\.ps1$/,
      );
    });

    it('runs script files after a script that sets the variables, and removes both', async () => {
      program('powershell', 'echo "$@"; [ "$3" != -command ] || rm -f c:/Windows/Temp/*.ps1');
      const script = join(makeFolder(), 'a.ps1');
      writeFileSync(script, 'Write-Host hi\r\n');
      const ui = await provision(powershell, { script, execution_policy: 'remotesigned', debug_mode: 1 }, communicator);
      assert.match(
        commands()[0] ?? '',
        /^powershell -executionpolicy remotesigned "& \{ if \(Test-Path .*Set-PsDebug -Trace 1;\. c:\/Windows\/Temp\/packer-ps-env-vars-.*\.ps1; &'c:\/Windows\/Temp\/script-.*\.ps1'; exit \$LastExitCode \}"$/,
      );
      assert.deepEqual(ui.said, ['Provisioning with Powershell...', `Provisioning with powershell script: ${script}`]);
      assert.match(commands().at(-1) ?? '', /Remove-Item -LiteralPath '.*env-vars.*','.*script-.*'/);
      assert.deepEqual(readdirSync(temp), []);
    });

    it('takes policies by number, pwsh, execute_command and skip_clean', async () => {
      program('pwsh', 'echo pwsh "$@"');
      const script = join(makeFolder(), 'a.ps1');
      writeFileSync(script, '');
      await provision(powershell, { script, use_pwsh: true, execution_policy: 1, skip_clean: true }, communicator);
      assert.match(commands()[0] ?? '', /^pwsh -executionpolicy allsigned -command "& \{/);
      assert.equal(readdirSync(temp).length, 2);
      const ui = await provision(
        powershell,
        { script, execute_command: 'echo {{.Path}} {{.Vars}}', remote_path: 'c:/Windows/Temp/', skip_clean: true },
        communicator,
      );
      assert.match(ui.text('stdout'), /^c:\/Windows\/Temp\/a\.ps1 c:\/Windows\/Temp\/packer-ps-env-vars-/);
    });

    it('runs elevated scripts through a scheduled task', async () => {
      program('powershell', '[ "$3" = -file ] && cat "$4"; exit 0');
      const options = { inline: ['whoami'], elevated_user: 'Administrator', elevated_password: 'p$1"' };
      const wrapper = (await provision(powershell, options, communicator)).text('stdout');
      assert.match(wrapper, /RegisterTaskDefinition\(\$name, \$definition, 6, "Administrator", "p`\$1`"", 1, \$null\)/);
      assert.match(
        wrapper,
        /<Arguments>\/c powershell -executionpolicy bypass -file c:\/Windows\/Temp\/script-.* &gt; %SYSTEMROOT%\\Temp\\packer-.*\.out 2&gt;&amp;1<\/Arguments>/,
      );
      const service = elevatedScript({ command: 'x', user: 'SYSTEM', password: '', name: 'packer-1', logPath: 'c:/x' });
      assert.match(service, /"SYSTEM", \$null, 5, \$null\)/);
    });
  });

  describe('windows-shell', () => {
    it('joins variables, path and command as Packer does, and leaves the script', async () => {
      const execute = `echo '{{.Vars}}"{{.Path}}"'`;
      const options = { inline: ['echo a', 'echo b'], environment_vars: ['A=1 2'], execute_command: execute };
      assert.equal(
        (await provision(windowsShell, options, communicator)).text('stdout'),
        'set "A=1 2" && set "PACKER_BUILDER_TYPE=amazon-ebs" && set "PACKER_BUILD_NAME=web" && "c:/Windows/Temp/script.bat"\n',
      );
      assert.equal(readFileSync(join(temp, 'script.bat'), 'utf8'), 'echo a\necho b\n');
      await assert.rejects(
        provision(windowsShell, { inline: ['x'], execute_command: 'exit 9' }, communicator),
        /^KilnError: Script exited with non-zero exit status: 9\. Allowed exit codes are: \[0\]/,
      );
    });
  });

  describe('windows-restart', () => {
    it('restarts, waits until the machine is gone and back, and says so', async () => {
      const mark = join(bench.server.root, 'restarted');
      program('shutdown', `echo "$@" >>${mark}; case "$*" in *test*) exit 1;; esac`);
      program('powershell', 'echo HOST restarted.');
      const ui = await provision(windowsRestart, { restart_timeout: '20s' }, communicator);
      assert.deepEqual(ui.said, [
        'Restarting Machine',
        'Waiting for machine to restart...',
        'Machine successfully restarted, moving on',
      ]);
      assert.equal(readFileSync(mark, 'utf8'), '/r /f /t 0 /c packer restart\n/r /f /t 60 /c packer restart test\n');
    });

    it('gives up after restart_timeout, and when the command itself fails', async () => {
      program('shutdown', 'case "$*" in *test*) exit 1;; esac');
      program('powershell', 'exit 1');
      await assert.rejects(
        provision(windowsRestart, { restart_timeout: '300ms' }, communicator),
        /^KilnError: Timeout waiting for machine to restart\./,
      );
      await assert.rejects(
        provision(windowsRestart, { restart_command: 'exit 42' }, communicator),
        /the restart command ended with exit status 42/,
      );
    });

    it('waits while the registry tells of a pending restart', async () => {
      const flag = join(bench.server.root, 'pending');
      program('shutdown', 'case "$*" in *test*) exit 1;; esac');
      program(
        'powershell',
        `case "$4" in *) text=$(printf %s "$4" | base64 -d 2>/dev/null | tr -d '\\000');; esac
case $text in *Test-Path*) if [ -e ${flag} ]; then echo False; else touch ${flag}; echo True; fi;; *) echo HOST restarted.;; esac`,
      );
      await provision(
        windowsRestart,
        { check_registry: true, registry_keys: ['HKLM:x'], restart_timeout: '25s' },
        communicator,
      );
      assert.ok(existsSync(flag));
    }).timeout(40_000);
  });

  it('check their scripts when they are prepared', async () => {
    for (const plugin of [powershell, windowsShell])
      assert.equal((await prepare(plugin, { script: '/no/such.ps1' })).found[0]?.code, 'missing-file');
  });
});
