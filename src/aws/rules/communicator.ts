import { homedir } from 'node:os';
import type { PrepareContext } from '../../sdk/plugin.ts';
import type { Ec2CommunicatorOptions, RunOptions } from '../options/index.ts';
import { isWholeWorld } from './cidr.ts';
import { isEmpty } from './key-values.ts';
import { checkFile } from './run.ts';

type Options = Ec2CommunicatorOptions & RunOptions;

/** Rules of the communicator options (reference: common.json, rules.communicator and the ssh lines of rules.run). */
export function checkCommunicator(options: Options, context: PrepareContext): void {
  const type = options.communicator ?? 'ssh';
  if (type === 'ssh') checkSsh(options, context);
  if (type === 'winrm' && isEmpty(options.winrm_username)) {
    context.error(['winrm_username'], 'missing-option', '"winrm_username" is required to log in by WinRM');
  }
  if (options.ssh_interface === 'session_manager') checkSessionManager(options, context);
  if (type === 'winrm' && isEmpty(options.winrm_password) && options.temporary_key_pair_type === 'ed25519') {
    context.error(
      ['temporary_key_pair_type'],
      'conflicting-options',
      'the Windows password is encrypted with the key pair, which an ed25519 key cannot do',
      'write "rsa" or leave it out',
    );
  }
  checkKeyPairName(options, context);
}

/**
 * Warns when the temporary security group would let anybody try to log in. Not for builds on the embedded EC2, whose
 * machines are on loopback.
 */
export function warnOpenGroup(options: Options, context: PrepareContext): void {
  const own = [options.security_group_id, options.security_group_ids, options.security_group_filter?.filters];
  const idle = options.ssh_interface === 'session_manager' || options.communicator === 'none';
  if (context.build.local || idle || own.some(value => !isEmpty(value))) return;
  const cidrs = options.temporary_security_group_source_cidrs ?? [];
  if (cidrs.length === 0 && options.temporary_security_group_source_public_ip) return;
  if (cidrs.length > 0 && !cidrs.some(isWholeWorld)) return;
  context.warning(
    ['temporary_security_group_source_cidrs'],
    'open-security-group',
    'while it builds, the temporary security group lets the whole world try to log in',
    'set temporary_security_group_source_public_ip to true, or temporary_security_group_source_cidrs to your addresses',
  );
}

function checkSsh(options: Options, context: PrepareContext): void {
  if (isEmpty(options.ssh_username)) {
    context.error(
      ['ssh_username'],
      'missing-option',
      '"ssh_username" is required to log in by SSH',
      'usual names are ubuntu, ec2-user, admin, debian, centos, rocky and fedora',
    );
  }
  checkKeyFile(options, 'ssh_private_key_file', context);
  checkKeyFile(options, 'ssh_bastion_private_key_file', context);
  for (const [certificate, key] of [
    ['ssh_certificate_file', 'ssh_private_key_file'],
    ['ssh_bastion_certificate_file', 'ssh_bastion_private_key_file'],
  ] as const) {
    if (options[certificate] && !options[key]) {
      context.error([certificate], 'missing-option', `${certificate} needs ${key}`, `add ${key}`);
    }
  }
  if (options.ssh_bastion_host) {
    const key = options.ssh_bastion_private_key_file ?? options.ssh_private_key_file;
    if (!options.ssh_bastion_password && !key && !options.ssh_bastion_agent_auth) {
      context.error(
        ['ssh_bastion_host'],
        'missing-option',
        'nothing says how to log in to the jump host',
        'add ssh_bastion_password, ssh_bastion_private_key_file or ssh_bastion_agent_auth',
      );
    }
    if (options.ssh_proxy_host) {
      context.error(['ssh_proxy_host'], 'conflicting-options', 'a jump host and a proxy cannot be used together');
    }
  }
  for (const option of ['ssh_local_tunnels', 'ssh_remote_tunnels'] as const) {
    for (const [index, tunnel] of (options[option] ?? []).entries()) {
      if (!/^\d+:[^:]+:\d+$/.test(tunnel)) {
        context.error(
          [option, index],
          'bad-value',
          `tunnel "${tunnel}" is not PORT:HOST:HOSTPORT`,
          'for example 8080:localhost:80',
        );
      }
    }
  }
}

/** A path with `~` for the home folder, as the ssh options take it. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path;
}

function checkKeyFile(
  options: Options,
  option: 'ssh_private_key_file' | 'ssh_bastion_private_key_file',
  context: PrepareContext,
): void {
  const path = options[option];
  if (path) checkFile(expandHome(path), [option], context);
}

function checkSessionManager(options: Options, context: PrepareContext): void {
  if (options.communicator === 'winrm') {
    context.error(['ssh_interface'], 'conflicting-options', 'WinRM does not go through the session manager');
  }
  if (!options.iam_instance_profile && isEmpty(options.temporary_iam_instance_profile_policy_document)) {
    context.error(
      ['ssh_interface'],
      'missing-option',
      'the session manager reaches only instances with a role that lets it',
      'add iam_instance_profile or temporary_iam_instance_profile_policy_document',
    );
  }
}

function checkKeyPairName(options: Options, context: PrepareContext): void {
  if (!options.ssh_keypair_name || options.ssh_private_key_file) return;
  if (options.communicator === 'winrm') {
    if (isEmpty(options.winrm_password)) {
      context.error(
        ['ssh_keypair_name'],
        'missing-option',
        'the Windows password can only be decrypted with the private half of ssh_keypair_name',
        'add ssh_private_key_file or winrm_password',
      );
    }
  } else if (!options.ssh_agent_auth) {
    context.error(
      ['ssh_keypair_name'],
      'missing-option',
      'the private half of ssh_keypair_name is not known',
      'add ssh_private_key_file or ssh_agent_auth',
    );
  }
}
