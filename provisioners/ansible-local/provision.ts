import { readFile, stat } from 'node:fs/promises';
import { basename, posix, relative } from 'node:path';
import { KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { exitCodeOf } from '../../src/sdk/scripts/exit-code.ts';
import { Guest } from '../../src/sdk/scripts/guest.ts';
import { mustRun, randomDigits, runShown, shellQuote } from '../../src/sdk/scripts/remote.ts';
import type { AnsibleLocalOptions } from './schema.ts';

export async function provisionWithAnsible(options: AnsibleLocalOptions, run: ProvisionContext): Promise<void> {
  const staging = options.staging_directory || `/tmp/packer-provisioner-ansible-local/${randomDigits(16)}`;
  const guest = new Guest(run, 'unix', false);
  run.ui.say('Provisioning with Ansible...');
  run.ui.say('Uploading the playbooks...');
  await guest.makeFolder(staging);
  if (options.playbook_dir) await guest.uploadContents(options.playbook_dir, staging);
  const inventory = await uploadInventory(options, staging, run);
  await uploadFolders(options, staging, guest, run);
  const playbooks = options.playbook_file ? [options.playbook_file] : (options.playbook_files ?? []);
  const remote: string[] = [];
  for (const playbook of playbooks) remote.push(await uploadPlaybook(playbook, options, staging, run));
  if (options.galaxy_file) await installFromGalaxy(options.galaxy_file, options, staging, run);
  for (const playbook of remote) await runPlaybook(playbook, inventory, options, staging, run);
  if (options.clean_staging_directory) await guest.removeFolder(staging);
}

async function uploadInventory(options: AnsibleLocalOptions, staging: string, run: ProvisionContext): Promise<string> {
  const { signal } = run;
  if (options.inventory_file) {
    const target = posix.join(staging, basename(options.inventory_file));
    await run.communicator.upload({ path: options.inventory_file }, target, { signal });
    return target;
  }
  const groups = options.inventory_groups ?? [];
  const text = groups.length > 0 ? groups.map(group => `[${group}]\n127.0.0.1\n`).join('') : '127.0.0.1\n';
  const target = posix.join(staging, 'packer-inventory');
  await run.communicator.upload({ content: text }, target, { signal });
  return target;
}

async function uploadFolders(
  options: AnsibleLocalOptions,
  staging: string,
  guest: Guest,
  run: ProvisionContext,
): Promise<void> {
  if (options.group_vars) await guest.uploadContents(options.group_vars, posix.join(staging, 'group_vars'));
  if (options.host_vars) await guest.uploadContents(options.host_vars, posix.join(staging, 'host_vars'));
  for (const path of options.role_paths ?? [])
    await guest.uploadContents(path, posix.join(staging, 'roles', basename(path)));
  for (const path of options.collection_paths ?? [])
    await guest.uploadContents(path, posix.join(staging, 'collections', basename(path)));
  for (const path of options.playbook_paths ?? []) {
    const target = posix.join(staging, basename(path));
    if ((await stat(path)).isDirectory()) await guest.uploadContents(path, target);
    else await run.communicator.upload({ path }, target, { signal: run.signal });
  }
}

/** The remote path of a playbook; those inside playbook_dir are there already. */
async function uploadPlaybook(
  playbook: string,
  options: AnsibleLocalOptions,
  staging: string,
  run: ProvisionContext,
): Promise<string> {
  const inside = options.playbook_dir ? relative(options.playbook_dir, playbook) : '..';
  if (!inside.startsWith('..')) return posix.join(staging, ...inside.split(/[\\/]/));
  const target = posix.join(staging, basename(playbook));
  await run.communicator.upload({ path: playbook }, target, { signal: run.signal });
  return target;
}

async function installFromGalaxy(
  file: string,
  options: AnsibleLocalOptions,
  staging: string,
  run: ProvisionContext,
): Promise<void> {
  const text = await readFile(file, 'utf8');
  const target = posix.join(staging, basename(file));
  await run.communicator.upload({ path: file }, target, { signal: run.signal });
  const command = options.galaxy_command || 'ansible-galaxy';
  const force = options.galaxy_force_install ? ' -f' : '';
  const collections = /^collections:/m.test(text);
  const install = async (what: string, path: string): Promise<void> => {
    const line = `cd ${shellQuote(staging)} && ${command} ${what} -r ${shellQuote(target)} -p ${shellQuote(path)}${force}`;
    await mustRun(run, line, command);
  };
  if (/^roles:/m.test(text) || !collections)
    await install('install', options.galaxy_roles_path || posix.join(staging, 'galaxy_roles'));
  if (collections)
    await install('collection install', options.galaxy_collections_path || posix.join(staging, 'galaxy_collections'));
}

async function runPlaybook(
  playbook: string,
  inventory: string,
  options: AnsibleLocalOptions,
  staging: string,
  run: ProvisionContext,
): Promise<void> {
  const address = run.buildData['PackerHTTPAddr'];
  const facts = [
    `packer_build_name=${run.build.name}`,
    `packer_builder_type=${run.build.builderType}`,
    ...(address && !address.startsWith('ERR_') ? [`packer_http_addr=${address}`] : []),
  ];
  const folders = (own: string, galaxy: string | undefined, fallback: string): string =>
    [own, ...(options.galaxy_file ? [galaxy || posix.join(staging, fallback)] : [])].join(':');
  const places = [
    options.galaxy_file
      ? `ANSIBLE_ROLES_PATH=${shellQuote(folders('roles', options.galaxy_roles_path, 'galaxy_roles'))}`
      : '',
    options.collection_paths?.length || options.galaxy_file
      ? `ANSIBLE_COLLECTIONS_PATH=${shellQuote(folders('collections', options.galaxy_collections_path, 'galaxy_collections'))}`
      : '',
  ].filter(Boolean);
  const command = [
    `cd ${shellQuote(staging)} &&`,
    ...places,
    options.command || 'ANSIBLE_FORCE_COLOR=1 PYTHONUNBUFFERED=1 ansible-playbook',
    shellQuote(playbook),
    `--extra-vars "${facts.join(' ')}"`,
    ...(options.extra_arguments ?? []),
    `-c local -i ${shellQuote(inventory)}`,
  ].join(' ');
  run.ui.say(`Executing Ansible: ${command}`);
  const code = exitCodeOf(await runShown(run, command));
  if (code === 0) return;
  throw new KilnError(`ansible-playbook ended with exit status ${code}`, {
    ...(code === 127 && { hint: 'Ansible is not installed on the machine: install it in a shell provisioner before' }),
  });
}
