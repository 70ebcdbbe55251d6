import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { exitCodeOf } from '../../src/sdk/scripts/exit-code.ts';
import { Guest } from '../../src/sdk/scripts/guest.ts';
import { mustRun, runShown } from '../../src/sdk/scripts/remote.ts';
import type { ChefSoloOptions } from './schema.ts';

const COMMANDS = {
  unix: {
    install:
      'curl -L https://omnitruck.chef.io/install.sh | {{if .Sudo}}sudo {{end}}bash -s --{{if .Version}} -v {{.Version}}{{end}}',
    execute: '{{if .Sudo}}sudo {{end}}chef-solo --no-color -c {{.ConfigPath}} -j {{.JsonPath}}',
    staging: '/tmp/packer-chef-solo',
  },
  windows: {
    install:
      'powershell.exe -Command ". { iwr -useb https://omnitruck.chef.io/install.ps1 } | iex; Install-Project{{if .Version}} -version {{.Version}}{{end}}"',
    execute: 'c:/opscode/chef/bin/chef-solo.bat --no-color -c {{.ConfigPath}} -j {{.JsonPath}}',
    staging: 'C:/Windows/Temp/packer-chef-solo',
  },
} as const;

/** Chef's configuration when the template brings none. */
const CONFIG = `cookbook_path [{{.CookbookPaths}}]
{{if .HasRolesPath}}role_path "{{.RolesPath}}"
{{end}}{{if .HasDataBagsPath}}data_bag_path "{{.DataBagsPath}}"
{{end}}{{if .HasEncryptedDataBagSecretPath}}encrypted_data_bag_secret "{{.EncryptedDataBagSecretPath}}"
{{end}}{{if .HasEnvironmentsPath}}environment_path "{{.EnvironmentsPath}}"
environment "{{.ChefEnvironment}}"
{{end}}{{if ne .ChefLicense ""}}chef_license "{{.ChefLicense}}"
{{end}}`;

export async function provisionWithChef(options: ChefSoloOptions, run: ProvisionContext): Promise<void> {
  const type = options.guest_os_type === 'windows' ? 'windows' : 'unix';
  const commands = COMMANDS[type];
  const sudo = !options.prevent_sudo;
  const staging = options.staging_directory || commands.staging;
  const guest = new Guest(run, type, sudo);
  run.ui.say('Provisioning with chef-solo');
  if (!options.skip_install) {
    run.ui.say('Installing Chef...');
    const install = run.render(options.install_command || commands.install, {
      Sudo: sudo,
      Version: options.version ?? '',
    });
    await mustRun(run, install, 'installing Chef');
  }
  await guest.makeFolder(staging);
  const config = await uploadConfig(options, staging, guest, run);
  const json = posix.join(staging, 'node.json');
  const attributes = {
    ...(options.json as object | undefined),
    ...(options.run_list?.length && { run_list: options.run_list }),
  };
  await run.communicator.upload({ content: `${JSON.stringify(attributes, null, 2)}\n` }, json, { signal: run.signal });
  const command = run.render(options.execute_command || commands.execute, {
    ConfigPath: config,
    JsonPath: json,
    Sudo: sudo,
  });
  run.ui.say(`Executing Chef: ${command}`);
  const code = exitCodeOf(await runShown(run, command));
  if (code !== 0) throw new KilnError(`chef-solo ended with exit status ${code}`);
}

async function uploadConfig(
  options: ChefSoloOptions,
  staging: string,
  guest: Guest,
  run: ProvisionContext,
): Promise<string> {
  const { communicator, signal } = run;
  const folder = async (path: string | undefined, name: string): Promise<string> => {
    if (!path) return '';
    const target = posix.join(staging, name);
    await guest.uploadContents(path, target);
    return target;
  };
  const cookbooks = [...(options.remote_cookbook_paths ?? [])];
  for (const [index, path] of (options.cookbook_paths ?? []).entries())
    cookbooks.push(await folder(path, `cookbooks-${index}`));
  const roles = await folder(options.roles_path, 'roles');
  const dataBags = await folder(options.data_bags_path, 'data_bags');
  const environments = await folder(options.environments_path, 'environments');
  let secret = '';
  if (options.encrypted_data_bag_secret_path) {
    secret = posix.join(staging, 'encrypted_data_bag_secret');
    await communicator.upload({ path: options.encrypted_data_bag_secret_path }, secret, { signal, mode: 0o600 });
  }
  const text = run.render(await configTemplate(options), {
    CookbookPaths: cookbooks.map(path => `"${path}"`).join(','),
    RolesPath: roles,
    HasRolesPath: roles !== '',
    DataBagsPath: dataBags,
    HasDataBagsPath: dataBags !== '',
    EncryptedDataBagSecretPath: secret,
    HasEncryptedDataBagSecretPath: secret !== '',
    EnvironmentsPath: environments,
    HasEnvironmentsPath: environments !== '',
    ChefEnvironment: options.chef_environment ?? '',
    ChefLicense: options.chef_license ?? (options.skip_install || options.install_command ? '' : 'accept-silent'),
  });
  const target = posix.join(staging, 'solo.rb');
  await communicator.upload({ content: text }, target, { signal });
  return target;
}

async function configTemplate(options: ChefSoloOptions): Promise<string> {
  const path = options.config_template;
  if (!path) return CONFIG;
  return readFile(path, 'utf8').catch(error => {
    throw new KilnError(describeFileError(path, error), { cause: error });
  });
}
