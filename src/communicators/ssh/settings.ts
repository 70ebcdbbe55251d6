import type { CommunicatorOptions } from '../../sdk/communicator-options.ts';
import { KilnError } from '../../sdk/errors.ts';
import { CIPHERS, KEY_EXCHANGES } from './algorithms.ts';
import { parseCertificate, readCertificate, readPrivateKey } from './key-files.ts';

/** One side to log in to: the machine itself, or the bastion before it. */
export interface Login {
  readonly username: string;
  readonly password: string | undefined;
  /** Private keys in the order to try them, PEM or OpenSSH text. */
  readonly keys: readonly LoginKey[];
  /** Socket of the agent to log in with. */
  readonly agent: string | undefined;
  /** Ask the user what the server asks. */
  readonly interactive: boolean;
}

export interface LoginKey {
  readonly text: string;
  readonly certificate?: { readonly type: string; readonly blob: Buffer };
}

export interface Tunnel {
  readonly port: number;
  readonly host: string;
  readonly hostPort: number;
}

/** Communicator options with defaults applied and files read; all times in milliseconds. */
export interface SshSettings {
  readonly login: Login;
  readonly bastion: { readonly host: string; readonly port: number; readonly login: Login } | undefined;
  readonly proxy: SocksProxy | undefined;
  /** How long connecting may take; undefined: as long as it wants. */
  readonly timeout: number | undefined;
  /** Failed logins tolerated (undefined: any number), and whether the user said so. */
  readonly attempts: { readonly limit: number | undefined; readonly explicit: boolean };
  readonly keepAliveInterval: number;
  readonly readWriteTimeout: number | undefined;
  readonly pty: boolean;
  /** Socket of the agent to forward. */
  readonly forwardAgent: string | undefined;
  readonly ciphers: readonly string[] | undefined;
  readonly keyExchanges: readonly string[] | undefined;
  readonly localTunnels: readonly Tunnel[];
  readonly remoteTunnels: readonly Tunnel[];
  readonly pauseBeforeConnecting: number;
}

export interface SocksProxy {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** ssh_timeout and ssh_handshake_attempts have these defaults only while neither is set (Packer SDK 0.6.10). */
const DEFAULT_TIMEOUT = 5 * 60_000;
const DEFAULT_ATTEMPTS = 10;
const DEFAULT_KEEP_ALIVE = 5000;

/** Applies defaults and reads key files. Throws a KilnError when a file went bad since it was checked. */
export function sshSettings(options: CommunicatorOptions, env: NodeJS.ProcessEnv = process.env): SshSettings {
  const agent = env['SSH_AUTH_SOCK'] || undefined;
  const login: Login = {
    username: options.ssh_username ?? '',
    password: options.ssh_password || undefined,
    keys: readKey(options.ssh_private_key_file, options.ssh_certificate_file),
    agent: options.ssh_agent_auth ? requireAgent(agent, 'ssh_agent_auth') : undefined,
    interactive: false,
  };
  const tunnels = (texts: readonly string[] | undefined): Tunnel[] =>
    (texts ?? []).flatMap(one => parseTunnel(one) ?? []);
  return {
    login,
    bastion: bastion(options, login, agent),
    proxy: options.ssh_proxy_host
      ? {
          host: options.ssh_proxy_host,
          port: options.ssh_proxy_port || 1080,
          username: options.ssh_proxy_username || undefined,
          password: options.ssh_proxy_password || undefined,
        }
      : undefined,
    ...patience(options),
    keepAliveInterval: Math.max(0, options.ssh_keep_alive_interval || DEFAULT_KEEP_ALIVE),
    readWriteTimeout: options.ssh_read_write_timeout || undefined,
    pty: options.ssh_pty ?? false,
    forwardAgent: options.ssh_disable_agent_forwarding ? undefined : agent,
    ciphers: known(options.ssh_ciphers, CIPHERS),
    keyExchanges: known(options.ssh_key_exchange_algorithms, KEY_EXCHANGES),
    localTunnels: tunnels(options.ssh_local_tunnels),
    remoteTunnels: tunnels(options.ssh_remote_tunnels),
    pauseBeforeConnecting: options.pause_before_connecting ?? 0,
  };
}

function patience(options: CommunicatorOptions): Pick<SshSettings, 'timeout' | 'attempts'> {
  const timeout = options.ssh_wait_timeout || options.ssh_timeout || undefined;
  const attempts = options.ssh_handshake_attempts;
  if (timeout === undefined && attempts === undefined)
    return { timeout: DEFAULT_TIMEOUT, attempts: { limit: DEFAULT_ATTEMPTS, explicit: false } };
  return { timeout, attempts: { limit: attempts || undefined, explicit: true } };
}

function bastion(options: CommunicatorOptions, login: Login, agent: string | undefined): SshSettings['bastion'] {
  if (!options.ssh_bastion_host) return undefined;
  const own = options.ssh_bastion_private_key_file;
  return {
    host: options.ssh_bastion_host,
    port: options.ssh_bastion_port || 22,
    login: {
      username: options.ssh_bastion_username || login.username,
      password: options.ssh_bastion_password || undefined,
      keys: own ? readKey(own, options.ssh_bastion_certificate_file) : login.keys,
      agent: options.ssh_bastion_agent_auth ? requireAgent(agent, 'ssh_bastion_agent_auth') : undefined,
      interactive: options.ssh_bastion_interactive ?? false,
    },
  };
}

function requireAgent(agent: string | undefined, option: string): string {
  if (agent) return agent;
  throw new KilnError(`SSH_AUTH_SOCK is not set, so there is no agent for ${option}`, {
    hint: 'start one: eval "$(ssh-agent)" && ssh-add',
  });
}

function readKey(path: string | undefined, certificatePath: string | undefined): LoginKey[] {
  if (!path) return [];
  const key = readPrivateKey(path);
  if ('problem' in key) throw new KilnError(key.problem, key.hint ? { hint: key.hint } : {});
  if (!certificatePath) return [{ text: key.text }];
  const file = readCertificate(certificatePath);
  if ('problem' in file) throw new KilnError(file.problem, file.hint ? { hint: file.hint } : {});
  const certificate = parseCertificate(file.text);
  // The plain key after it, for servers that know the key but not the authority.
  return certificate ? [{ text: key.text, certificate }, { text: key.text }] : [{ text: key.text }];
}

function known(names: readonly string[] | undefined, supported: readonly string[]): readonly string[] | undefined {
  const usable = names?.filter(name => supported.includes(name));
  return usable?.length ? usable : undefined;
}

/** `PORT:HOST:HOSTPORT`; undefined when it is not one. */
export function parseTunnel(text: string): Tunnel | undefined {
  const match = /^(\d{1,5}):(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[1]);
  const hostPort = Number(match?.[3]);
  if (!match || port > 65_535 || hostPort > 65_535 || hostPort === 0) return undefined;
  return { port, host: (match[2] ?? '').replace(/^\[|\]$/g, ''), hostPort };
}
