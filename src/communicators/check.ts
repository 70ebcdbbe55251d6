import type { CommunicatorOptions } from '../sdk/communicator-options.ts';
import type { PrepareContext } from '../sdk/plugin.ts';
import { nearest } from '../sdk/suggest.ts';
import { CIPHERS, KEY_EXCHANGES } from './ssh/algorithms.ts';
import { type KeyFile, readCertificate, readPrivateKey } from './ssh/key-files.ts';
import { parseTunnel } from './ssh/settings.ts';

/**
 * Reports everything wrong with communicator options, at the place of each. `hostFromBuilder` (the default) means the
 * builder finds the address, so that ssh_host and winrm_host may be left out. Rules: Packer SDK 0.6.10.
 */
export function checkCommunicator(
  options: CommunicatorOptions,
  context: PrepareContext,
  defaults: { readonly hostFromBuilder: boolean } = { hostFromBuilder: true },
): void {
  const type = options.communicator || 'ssh';
  if (type === 'ssh') checkSsh(options, context, defaults.hostFromBuilder);
  if (type === 'winrm') checkWinrm(options, context, defaults.hostFromBuilder);
}

function checkSsh(options: CommunicatorOptions, context: PrepareContext, hostFromBuilder: boolean): void {
  if (!options.ssh_username)
    context.error(
      ['ssh_username'],
      'missing-option',
      '"ssh_username" is required for communicator ssh',
      'add the login user of the source image, e.g. "ubuntu" or "ec2-user"',
    );
  if (!options.ssh_host && !hostFromBuilder)
    context.error(['ssh_host'], 'missing-option', '"ssh_host" is required for communicator ssh', 'add its address');
  checkKeyPair(options, context, 'ssh_private_key_file', 'ssh_certificate_file');
  checkTemporaryKey(options, context);
  checkBastion(options, context);
  for (const name of ['ssh_local_tunnels', 'ssh_remote_tunnels'] as const) {
    options[name]?.forEach((text, index) => {
      if (!parseTunnel(text))
        context.error([name, index], 'bad-tunnel', `"${text}" is not a tunnel`, 'write it as PORT:HOST:HOSTPORT');
    });
  }
  checkNames(options.ssh_ciphers, 'ssh_ciphers', CIPHERS, 'cipher', context);
  checkNames(options.ssh_key_exchange_algorithms, 'ssh_key_exchange_algorithms', KEY_EXCHANGES, 'algorithm', context);
  if ((options.ssh_agent_auth || (options.ssh_bastion_host && options.ssh_bastion_agent_auth)) && !agentSocket())
    context.warning(
      [options.ssh_agent_auth ? 'ssh_agent_auth' : 'ssh_bastion_agent_auth'],
      'no-agent',
      'SSH_AUTH_SOCK is not set, so there is no agent to log in with',
      'start one: eval "$(ssh-agent)" && ssh-add',
    );
}

function agentSocket(): string | undefined {
  return process.env['SSH_AUTH_SOCK'] || undefined;
}

type KeyOption = 'ssh_private_key_file' | 'ssh_bastion_private_key_file';
type CertificateOption = 'ssh_certificate_file' | 'ssh_bastion_certificate_file';

function checkKeyPair(
  options: CommunicatorOptions,
  context: PrepareContext,
  keyOption: KeyOption,
  certificateOption: CertificateOption,
): void {
  const key = options[keyOption];
  const certificate = options[certificateOption];
  if (key) report(readPrivateKey(key), keyOption, context);
  if (!certificate) return;
  if (key) report(readCertificate(certificate), certificateOption, context);
  else
    context.error([certificateOption], 'missing-option', `"${certificateOption}" needs "${keyOption}"`, 'add the key');
}

function report(file: KeyFile, option: string, context: PrepareContext): void {
  if ('problem' in file) context.error([option], file.missing ? 'missing-file' : 'bad-key', file.problem, file.hint);
}

/** Sizes ssh-keygen accepts too. */
function checkTemporaryKey(options: CommunicatorOptions, context: PrepareContext): void {
  const bits = options.temporary_key_pair_bits;
  if (bits === undefined) return;
  if (options.temporary_key_pair_type === 'rsa' && bits < 1024)
    context.error(['temporary_key_pair_bits'], 'out-of-range', 'an rsa key needs at least 1024 bits');
  if (options.temporary_key_pair_type === 'ecdsa' && ![256, 384, 521].includes(bits))
    context.error(['temporary_key_pair_bits'], 'bad-value', 'an ecdsa key has 256, 384 or 521 bits');
}

function checkBastion(options: CommunicatorOptions, context: PrepareContext): void {
  if (!options.ssh_bastion_host) return;
  checkKeyPair(options, context, 'ssh_bastion_private_key_file', 'ssh_bastion_certificate_file');
  if (options.ssh_proxy_host)
    context.error(
      ['ssh_proxy_host'],
      'conflicting-options',
      '"ssh_bastion_host" and "ssh_proxy_host" exclude each other',
    );
  const login =
    options.ssh_bastion_password ||
    options.ssh_bastion_private_key_file ||
    options.ssh_private_key_file ||
    options.ssh_bastion_agent_auth ||
    options.ssh_bastion_interactive;
  if (!login)
    context.error(
      ['ssh_bastion_host'],
      'missing-option',
      'there is no way to log in to "ssh_bastion_host"',
      'add ssh_bastion_private_key_file, ssh_bastion_password or ssh_bastion_agent_auth',
    );
}

function checkNames(
  names: readonly string[] | undefined,
  option: string,
  known: readonly string[],
  what: string,
  context: PrepareContext,
): void {
  if (!names?.length) return;
  const none = !names.some(name => known.includes(name));
  names.forEach((name, index) => {
    if (known.includes(name)) return;
    const near = nearest(name, known);
    const hint = near ? `did you mean "${near}"?` : `known: ${known.join(', ')}`;
    // One unknown name among good ones is left out of the offer; nothing but unknown names could never connect.
    const report = none ? context.error : context.warning;
    report.call(context, [option, index], 'unknown-algorithm', `"${name}" is not a ${what} kiln knows`, hint);
  });
}

function checkWinrm(options: CommunicatorOptions, context: PrepareContext, hostFromBuilder: boolean): void {
  if (!options.winrm_username)
    context.error(['winrm_username'], 'missing-option', '"winrm_username" is required for communicator winrm');
  if (!options.winrm_host && !hostFromBuilder)
    context.error(['winrm_host'], 'missing-option', '"winrm_host" is required for communicator winrm');
}
