import { type OptionsOf, option } from './options.ts';

/** Communicator options shared by all builders that connect. Facts: Packer SDK 0.6.10 (communicator configuration). */
export const generalCommunicatorOptions = {
  communicator: option.string({
    note: 'How provisioners reach the machine.',
    default: 'ssh',
    allowed: ['ssh', 'winrm', 'none'],
  }),
  pause_before_connecting: option.duration({
    note: 'After a first successful connection wait this long and connect again.',
  }),
} as const;

export const sshOptions = {
  ssh_host: option.string({ note: 'Fixed address to connect to, instead of the one the builder finds.' }),
  ssh_port: option.integer({ note: 'SSH port.', default: 22, min: 1, max: 65_535 }),
  ssh_username: option.string({ note: 'Login user; required for ssh.' }),
  ssh_password: option.string({ note: 'Password; also used for keyboard-interactive login.', secret: true }),
  ssh_keypair_name: option.string({ note: 'Existing key pair to attach to the machine.' }),
  temporary_key_pair_name: option.string({ note: 'Name of the temporary key pair.' }),
  temporary_key_pair_type: option.string({
    note: 'Algorithm of the temporary key.',
    default: 'ed25519',
    allowed: ['rsa', 'dsa', 'ecdsa', 'ed25519'],
  }),
  temporary_key_pair_bits: option.integer({ note: 'Length of the temporary key, for the algorithms that have one.' }),
  ssh_ciphers: option.strings({ note: 'Ciphers to offer, in order.' }),
  ssh_key_exchange_algorithms: option.strings({ note: 'Key exchange algorithms to offer, in order.' }),
  ssh_clear_authorized_keys: option.boolean({
    note: "After provisioning remove the temporary key from the user's and root's authorized_keys.",
    default: false,
  }),
  ssh_private_key_file: option.string({ note: 'Private key to log in with; ~ is the home folder.' }),
  ssh_certificate_file: option.string({ note: 'User certificate; needs ssh_private_key_file.' }),
  ssh_pty: option.boolean({ note: 'Run commands in a pseudo-terminal.', default: false }),
  ssh_timeout: option.duration({ note: 'How long to wait for SSH.', default: '5m' }),
  ssh_wait_timeout: option.duration({
    note: 'Old name of ssh_timeout, which it overrides.',
    deprecated: 'use ssh_timeout',
  }),
  ssh_handshake_attempts: option.integer({
    note: 'Failed logins tolerated; 0 means any number.',
    default: 10,
    min: 0,
    keepEmpty: true,
  }),
  ssh_agent_auth: option.boolean({ note: 'Log in with the keys of the agent at SSH_AUTH_SOCK.', default: false }),
  ssh_disable_agent_forwarding: option.boolean({ note: 'Do not forward the agent.', default: false }),
  ssh_file_transfer_method: option.string({
    note: 'Transfer protocol; kiln always uses SFTP and falls back to SCP.',
    default: 'scp',
    allowed: ['scp', 'sftp'],
  }),
  ssh_keep_alive_interval: option.duration({
    note: 'Interval of keep-alive messages; negative switches them off.',
    default: '5s',
    keepEmpty: true,
  }),
  ssh_read_write_timeout: option.duration({ note: 'Longest silence of a running command.' }),
  ssh_bastion_host: option.string({ note: 'Jump host.' }),
  ssh_bastion_port: option.integer({ note: 'Port of the jump host.', default: 22, min: 1, max: 65_535 }),
  ssh_bastion_username: option.string({ note: 'User on the jump host.' }),
  ssh_bastion_password: option.string({ note: 'Password on the jump host.', secret: true }),
  ssh_bastion_agent_auth: option.boolean({ note: 'Use the agent for the jump host.', default: false }),
  ssh_bastion_interactive: option.boolean({ note: 'Keyboard-interactive login on the jump host.', default: false }),
  ssh_bastion_private_key_file: option.string({ note: 'Key for the jump host; ssh_private_key_file when empty.' }),
  ssh_bastion_certificate_file: option.string({ note: 'Certificate for the jump host; needs its key file.' }),
  ssh_proxy_host: option.string({ note: 'SOCKS5 proxy.' }),
  ssh_proxy_port: option.integer({ note: 'Port of the proxy.', default: 1080, min: 1, max: 65_535 }),
  ssh_proxy_username: option.string({ note: 'User at the proxy.' }),
  ssh_proxy_password: option.string({ note: 'Password at the proxy.', secret: true }),
  ssh_local_tunnels: option.strings({ note: 'PORT:HOST:HOSTPORT listeners on this side, dialled from the machine.' }),
  ssh_remote_tunnels: option.strings({ note: 'PORT:HOST:HOSTPORT listeners on the machine, dialled from here.' }),
  ssh_public_key: option.any({ note: 'Internal to Packer.', internal: true }),
  ssh_private_key: option.any({ note: 'Internal to Packer.', internal: true }),
} as const;

export const winrmOptions = {
  winrm_username: option.string({ note: 'WinRM user; required for winrm.' }),
  winrm_password: option.string({ note: 'WinRM password.', secret: true }),
  winrm_host: option.string({ note: 'Fixed address to connect to.' }),
  winrm_no_proxy: option.boolean({ note: 'Add the host to NO_PROXY.', default: false }),
  winrm_port: option.integer({ note: 'WinRM port; 5986 with winrm_use_ssl.', default: 5985, min: 1, max: 65_535 }),
  winrm_timeout: option.duration({ note: 'How long to wait for WinRM.', default: '30m' }),
  winrm_use_ssl: option.boolean({ note: 'Use HTTPS.', default: false }),
  winrm_insecure: option.boolean({ note: 'Do not check the certificate.', default: false }),
  winrm_use_ntlm: option.tri({ note: 'NTLMv2 instead of basic authentication.' }),
} as const;

export const communicatorOptions = { ...generalCommunicatorOptions, ...sshOptions, ...winrmOptions } as const;

export type CommunicatorOptions = OptionsOf<typeof communicatorOptions>;
