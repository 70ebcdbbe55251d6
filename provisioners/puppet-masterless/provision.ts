import { stat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { exitCodeOf } from '../../src/sdk/scripts/exit-code.ts';
import { Guest } from '../../src/sdk/scripts/guest.ts';
import { runShown } from '../../src/sdk/scripts/remote.ts';
import type { PuppetMasterlessOptions } from './schema.ts';

const EXECUTE = {
  unix:
    'cd {{.WorkingDir}} && {{if ne .FacterVars ""}}{{.FacterVars}} {{end}}{{if .Sudo}}sudo -E {{end}}' +
    '{{if ne .PuppetBinDir ""}}{{.PuppetBinDir}}/{{end}}puppet apply --detailed-exitcodes ' +
    `{{if .Debug}}--debug {{end}}{{if ne .ModulePath ""}}--modulepath='{{.ModulePath}}' {{end}}` +
    `{{if ne .HieraConfigPath ""}}--hiera_config='{{.HieraConfigPath}}' {{end}}` +
    `{{if ne .ManifestDir ""}}--manifestdir='{{.ManifestDir}}' {{end}}` +
    '{{if ne .ExtraArguments ""}}{{.ExtraArguments}} {{end}}{{.ManifestFile}}',
  windows:
    'cd {{.WorkingDir}} && {{if ne .FacterVars ""}}{{.FacterVars}} && {{end}}' +
    '{{if ne .PuppetBinDir ""}}{{.PuppetBinDir}}/{{end}}puppet apply --detailed-exitcodes ' +
    `{{if .Debug}}--debug {{end}}{{if ne .ModulePath ""}}--modulepath='{{.ModulePath}}' {{end}}` +
    `{{if ne .HieraConfigPath ""}}--hiera_config='{{.HieraConfigPath}}' {{end}}` +
    '{{if ne .ExtraArguments ""}}{{.ExtraArguments}} {{end}}{{.ManifestFile}}',
} as const;

/** puppet apply --detailed-exitcodes: 2 says that changes were made, and all went well. */
const GOOD_CODES = [0, 2];

export async function provisionWithPuppet(options: PuppetMasterlessOptions, run: ProvisionContext): Promise<void> {
  const type = options.guest_os_type === 'windows' ? 'windows' : 'unix';
  const staging =
    options.staging_directory ||
    (type === 'windows' ? 'C:/Windows/Temp/packer-puppet-masterless' : '/tmp/packer-puppet-masterless');
  const guest = new Guest(run, type, !options.prevent_sudo);
  run.ui.say('Provisioning with Puppet...');
  await guest.makeFolder(staging);
  const fields = { ...(await uploadAll(options, staging, guest, run)), ...commandFields(options, staging, type, run) };
  const command = run.render(options.execute_command || EXECUTE[type], fields);
  run.ui.say(`Running Puppet: ${command}`);
  const code = exitCodeOf(await runShown(run, command));
  if (!options.ignore_exit_codes && !GOOD_CODES.includes(code))
    throw new KilnError(`puppet ended with exit status ${code}`, {
      ...(code === 127 && { hint: 'Puppet is not installed on the machine: install it in a shell provisioner before' }),
    });
  if (options.clean_staging_directory) await guest.removeFolder(staging);
}

async function uploadAll(
  options: PuppetMasterlessOptions,
  staging: string,
  guest: Guest,
  run: ProvisionContext,
): Promise<{ ManifestFile: string; ManifestDir: string; ModulePath: string; HieraConfigPath: string }> {
  const { communicator, signal } = run;
  let hiera = '';
  if (options.hiera_config_path) {
    hiera = posix.join(staging, 'hiera.yaml');
    await communicator.upload({ path: options.hiera_config_path }, hiera, { signal });
  }
  const manifestDir = options.manifest_dir ? posix.join(staging, 'manifests') : '';
  if (options.manifest_dir) await guest.uploadContents(options.manifest_dir, manifestDir);
  const modules: string[] = [];
  for (const [index, path] of (options.module_paths ?? []).entries()) {
    const target = posix.join(staging, `module-${index}`);
    await guest.uploadContents(path, target);
    modules.push(target);
  }
  const folder = posix.join(staging, 'manifests');
  await guest.makeFolder(folder);
  let manifest = folder;
  if ((await stat(options.manifest_file)).isDirectory()) await guest.uploadContents(options.manifest_file, folder);
  else {
    manifest = posix.join(folder, basename(options.manifest_file));
    await communicator.upload({ path: options.manifest_file }, manifest, { signal });
  }
  return { ManifestFile: manifest, ManifestDir: manifestDir, ModulePath: modules.join(':'), HieraConfigPath: hiera };
}

function commandFields(
  options: PuppetMasterlessOptions,
  staging: string,
  type: 'unix' | 'windows',
  run: ProvisionContext,
): Readonly<Record<string, unknown>> {
  const facts = {
    ...options.facter,
    packer_build_name: run.build.name,
    packer_builder_type: run.build.builderType,
  };
  const variables = Object.entries(facts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (type === 'windows' ? `SET "FACTER_${name}=${value}"` : `FACTER_${name}='${value}'`));
  return {
    FacterVars: variables.join(type === 'windows' ? ' && ' : ' '),
    PuppetBinDir: options.puppet_bin_dir ?? '',
    Sudo: !options.prevent_sudo,
    Debug: run.build.debug,
    WorkingDir: options.working_directory || staging,
    ExtraArguments: (options.extra_arguments ?? []).map(argument => run.render(argument)).join(' '),
  };
}
