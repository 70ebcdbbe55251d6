import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { exitCodeOf } from '../../src/sdk/scripts/exit-code.ts';
import { runLocalProcess } from '../../src/sdk/scripts/local-process.ts';
import type { AnsibleOptions } from './schema.ts';

const INVENTORY_LINE = '{{ .HostAlias }} ansible_host={{ .Host }} ansible_user={{ .User }} ansible_port={{ .Port }}\n';

export async function provisionWithAnsible(options: AnsibleOptions, run: ProvisionContext): Promise<void> {
  if (run.communicator.type === 'none')
    throw new KilnError('ansible needs a machine it can connect to, and this build\'s communicator is "none"');
  run.ui.say('Provisioning with Ansible...');
  const folder = await mkdtemp(join(tmpdir(), 'kiln-ansible-'));
  const inventoryFolder = options.inventory_directory || folder;
  let inventory: string | undefined;
  try {
    if (options.galaxy_file) await installFromGalaxy(options.galaxy_file, options, run);
    const keyFile = await privateKeyFile(folder, run);
    inventory = options.inventory_file
      ? undefined
      : join(inventoryFolder, `packer-provisioner-ansible-${process.pid}-${run.runUuid}`);
    if (inventory) await write(inventory, inventoryText(options, run), 0o644);
    const words = [options.command || 'ansible-playbook', ...playbookArguments(options, run, keyFile)];
    words.push('-i', inventory ?? options.inventory_file ?? '', options.playbook_file);
    run.ui.say(`Executing Ansible: ${words.join(' ')}`);
    const code = exitCodeOf(await runLocalProcess(words, run, { env: environment(options) }));
    if (code !== 0) throw new KilnError(`ansible-playbook ended with exit status ${code}`);
  } finally {
    if (inventory && !options.keep_inventory_file) await rm(inventory, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/** The key to log in with, as a file of this user alone. */
async function privateKeyFile(folder: string, run: ProvisionContext): Promise<string | undefined> {
  const file = run.buildData['SSHPrivateKeyFile'];
  if (file) return file;
  const text = run.buildData['SSHPrivateKey'];
  if (!text) return undefined;
  const path = join(folder, 'key');
  await write(path, text.endsWith('\n') ? text : `${text}\n`, 0o600);
  return path;
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await writeFile(path, text, { mode }).catch(error => {
    throw new KilnError(describeFileError(path, error), { cause: error });
  });
}

function inventoryText(options: AnsibleOptions, run: ProvisionContext): string {
  const alias = options.host_alias || 'default';
  const { Host = '', Port = '22', User = '' } = run.buildData;
  const line = run.render(options.inventory_file_template || INVENTORY_LINE, {
    HostAlias: alias,
    Host,
    Port,
    User: options.user || User,
  });
  const groups = (options.groups ?? []).map(group => `[${group}]\n${line}`);
  const empty = (options.empty_groups ?? []).map(group => `[${group}]\n`);
  return [line, ...groups, ...empty].map(part => (part.endsWith('\n') ? part : `${part}\n`)).join('');
}

/** In Packer's order. */
function playbookArguments(options: AnsibleOptions, run: ProvisionContext, keyFile: string | undefined): string[] {
  const address = run.buildData['PackerHTTPAddr'];
  const extra = options.ansible_ssh_extra_args ?? ['-o IdentitiesOnly=yes'];
  return [
    '-e',
    `packer_build_name="${run.build.name}"`,
    '-e',
    `packer_builder_type=${run.build.builderType}`,
    ...(address && !address.startsWith('ERR_') ? ['-e', `packer_http_addr=${address}`] : []),
    ...(keyFile && extra.length > 0 ? ['--ssh-extra-args', `'${extra.join("' '")}'`] : []),
    ...(options.extra_arguments ?? []).map(argument => run.render(argument)),
    ...(keyFile ? ['-e', `ansible_ssh_private_key_file=${keyFile}`] : ['-e', 'ansible_host_key_checking=False']),
  ];
}

function environment(options: AnsibleOptions): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  if (!options.ssh_host_key_file) env['ANSIBLE_HOST_KEY_CHECKING'] = 'False';
  if (!options.use_sftp) env['ANSIBLE_SCP_IF_SSH'] = 'True';
  if (options.roles_path) env['ANSIBLE_ROLES_PATH'] = options.roles_path;
  if (options.collections_path) env['ANSIBLE_COLLECTIONS_PATH'] = options.collections_path;
  for (const text of options.ansible_env_vars ?? []) {
    const at = text.indexOf('=');
    if (at > 0) env[text.slice(0, at)] = text.slice(at + 1);
  }
  return env;
}

async function installFromGalaxy(file: string, options: AnsibleOptions, run: ProvisionContext): Promise<void> {
  const text = await readFile(file, 'utf8');
  const force = [
    ...(options.galaxy_force_install ? ['-f'] : []),
    ...(options.galaxy_force_with_deps ? ['--force-with-deps'] : []),
  ];
  const collections = /^collections:/m.test(text);
  const install = async (words: readonly string[], path: string | undefined): Promise<void> => {
    const command = [
      options.galaxy_command || 'ansible-galaxy',
      ...words,
      '-r',
      file,
      ...force,
      ...(path ? ['-p', path] : []),
    ];
    run.ui.say(`Executing Ansible Galaxy: ${command.join(' ')}`);
    const code = exitCodeOf(await runLocalProcess(command, run));
    if (code !== 0) throw new KilnError(`ansible-galaxy ended with exit status ${code}`);
  };
  if (/^roles:/m.test(text) || !collections) await install(['install'], options.roles_path);
  if (collections) await install(['collection', 'install'], options.collections_path);
}
