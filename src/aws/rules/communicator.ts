import { homedir } from 'node:os';
import type { PrepareContext } from '../../sdk/plugin.ts';
import type { Ec2CommunicatorOptions, RunOptions } from '../options/index.ts';
import { isWholeWorld } from './cidr.ts';
import { isEmpty } from './key-values.ts';

type Options = Ec2CommunicatorOptions & RunOptions;

/**
 * Rules of the communicator options that have to do with EC2 (reference: common.json, the ssh lines of rules.run). The
 * core checks what is common to all builders.
 */
export function checkCommunicator(options: Options, context: PrepareContext): void {
  const type = options.communicator ?? 'ssh';
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

/** A path with `~` for the home folder, as the ssh options take it. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path;
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
