import { posix } from 'node:path';
import { KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { exitCodeOf } from '../../src/sdk/scripts/exit-code.ts';
import { Guest } from '../../src/sdk/scripts/guest.ts';
import { mustRun, runShown } from '../../src/sdk/scripts/remote.ts';
import type { SaltMasterlessOptions } from './schema.ts';

const PLACES = {
  unix: {
    temp: '/tmp/salt',
    states: '/srv/salt',
    pillars: '/srv/pillar',
    minion: '/etc/salt/minion',
    grains: '/etc/salt/grains',
  },
  windows: {
    temp: 'C:/Windows/Temp/salt',
    states: 'C:/salt/state',
    pillars: 'C:/salt/pillar',
    minion: 'C:/salt/conf/minion',
    grains: 'C:/salt/conf/grains',
  },
} as const;

/** The Salt project's own installer. */
const BOOTSTRAP = {
  unix: 'https://github.com/saltstack/salt-bootstrap/releases/latest/download/bootstrap-salt.sh',
  windows: 'https://github.com/saltstack/salt-bootstrap/releases/latest/download/bootstrap-salt.ps1',
} as const;

export async function provisionWithSalt(options: SaltMasterlessOptions, run: ProvisionContext): Promise<void> {
  const type = options.guest_os_type === 'windows' ? 'windows' : 'unix';
  const places = PLACES[type];
  const sudo = options.disable_sudo || type === 'windows' ? '' : 'sudo ';
  const temp = options.temp_config_dir || places.temp;
  const guest = new Guest(run, type, sudo !== '');
  run.ui.say('Provisioning with Salt...');
  if (!options.skip_bootstrap) await bootstrap(options, type, sudo, run);
  await guest.makeFolder(temp);
  await placeFile(options.minion_config, temp, places.minion, guest, run);
  await placeFile(options.grains_file, temp, places.grains, guest, run);
  const states = options.remote_state_tree || places.states;
  const pillars = options.remote_pillar_roots || places.pillars;
  await placeFolder(options.local_state_tree, posix.join(temp, 'states'), states, guest);
  if (options.local_pillar_roots)
    await placeFolder(options.local_pillar_roots, posix.join(temp, 'pillar'), pillars, guest);
  const command = saltCommand(options, sudo, states, pillars);
  run.ui.say(`Running: ${command}`);
  const code = exitCodeOf(await runShown(run, command));
  if (code !== 0 && !options.no_exit_on_failure) throw new KilnError(`salt-call ended with exit status ${code}`);
}

async function bootstrap(
  options: SaltMasterlessOptions,
  type: 'unix' | 'windows',
  sudo: string,
  run: ProvisionContext,
): Promise<void> {
  const url = BOOTSTRAP[type];
  const args = options.bootstrap_args ? ` ${options.bootstrap_args}` : '';
  const script = type === 'windows' ? 'C:/Windows/Temp/bootstrap-salt.ps1' : '/tmp/install_salt.sh';
  const fetch =
    type === 'windows'
      ? `powershell.exe -Command "Invoke-WebRequest -UseBasicParsing -Uri '${url}' -OutFile '${script}'"`
      : `curl -fL ${url} -o ${script} || wget -O ${script} ${url}`;
  run.ui.say('Installing Salt...');
  await mustRun(run, fetch, 'downloading the Salt installer');
  const install = type === 'windows' ? `powershell.exe -ExecutionPolicy Bypass -File ${script}` : `${sudo}sh ${script}`;
  await mustRun(run, `${install}${args}`, 'installing Salt');
}

async function placeFile(
  source: string | undefined,
  temp: string,
  target: string,
  guest: Guest,
  run: ProvisionContext,
): Promise<void> {
  if (!source) return;
  const staged = posix.join(temp, posix.basename(target));
  await run.communicator.upload({ path: source }, staged, { signal: run.signal });
  await guest.makeParent(target);
  await guest.move(staged, target);
}

async function placeFolder(source: string, staged: string, target: string, guest: Guest): Promise<void> {
  await guest.uploadContents(source, staged);
  await guest.makeParent(target);
  await guest.move(staged, target);
}

function saltCommand(options: SaltMasterlessOptions, sudo: string, states: string, pillars: string): string {
  const binary = options.salt_bin_dir ? posix.join(options.salt_bin_dir, 'salt-call') : 'salt-call';
  const roots = options.minion_config
    ? []
    : [
        `--file-root=${states}`,
        ...(options.local_pillar_roots || options.remote_pillar_roots ? [`--pillar-root=${pillars}`] : []),
      ];
  return [
    `${sudo}${binary} --local`,
    options.custom_state ? `state.sls ${options.custom_state}` : 'state.highstate',
    ...roots,
    ...(options.no_exit_on_failure ? [] : ['--retcode-passthrough']),
    `-l ${options.log_level || 'info'}`,
    ...(options.salt_call_args ? [options.salt_call_args] : []),
  ].join(' ');
}
