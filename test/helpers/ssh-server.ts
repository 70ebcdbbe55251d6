import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2';
import { fromPkcs8, parsePrivateKey } from '../../src/communicators/ssh/private-key.ts';
import { serveSftp } from './sftp-server.ts';

/** How a test server misbehaves; every number counts down. */
export interface Mischief {
  /** TCP connections closed as soon as they open. */
  refuseConnections: number;
  /** Logins refused although the credentials are right. */
  refuseLogins: number;
  /** Connections accepted, but never answered. */
  hang: number;
  /** Sessions (commands) refused. */
  refuseSessions: number;
  sftp: 'yes' | 'no' | 'full-disk' | 'stuck';
  /** Drops the connection this many milliseconds after a command whose text contains DROP started. */
  dropAfter: number;
  /** Ends commands without telling an exit status. */
  hideExitStatus: boolean;
  refuseAgentForwarding: boolean;
}

export interface SshServerOptions {
  readonly users?: Readonly<Record<string, { readonly password?: string; readonly publicKey?: string }>>;
  readonly keyboardInteractive?: boolean;
  readonly port?: number;
  readonly hostKey?: string;
  readonly mischief?: Partial<Mischief>;
}

/** A real SSH server in this process: commands run by /bin/sh in `root` (programs in `root`/bin come first), SFTP on real files. */
export interface SshServer {
  readonly port: number;
  /** Folder of this server; commands start here, and SFTP's relative paths too. */
  readonly root: string;
  readonly hostKeyLine: string;
  readonly mischief: Mischief;
  /** What happened, e.g. `tcp`, `login ok ubuntu key`, `exec ls`. */
  readonly log: string[];
  /** Environment and terminal of the sessions asked for. */
  readonly terminals: { readonly term: string; readonly cols: number; readonly rows: number }[];
  readonly connections: ReadonlySet<Connection>;
  /** Drops all connections, as a crash or a reboot would. */
  dropAll(): void;
  /** Drops all connections, and refuses new ones for a while. */
  reboot(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export function newKey(): { readonly privateKey: string; readonly publicKey: string } {
  // Not by ssh2's own generator: one in 250 of its ed25519 keys is malformed.
  const privateKey = fromPkcs8(pkcs8Key('ed25519'));
  const key = parsePrivateKey(privateKey);
  return { privateKey, publicKey: `${key.type} ${key.getPublicSSH().toString('base64')} tester` };
}

/** A key that ssh2 cannot read without help: PKCS#8. */
export function pkcs8Key(type: 'ed25519' | 'rsa' | 'ec'): string {
  const format = { type: 'pkcs8', format: 'pem' } as const;
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey.export(format).toString();
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(format).toString();
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(format).toString();
}

export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const root = await mkdtemp(join(tmpdir(), 'kiln-ssh-'));
  const hostKey = options.hostKey ?? newKey().privateKey;
  const mischief: Mischief = {
    refuseConnections: 0,
    refuseLogins: 0,
    hang: 0,
    refuseSessions: 0,
    sftp: 'yes',
    dropAfter: 0,
    hideExitStatus: false,
    refuseAgentForwarding: false,
    ...options.mischief,
  };
  const state = new State(root, mischief, options);
  const ssh = new ssh2.Server({ hostKeys: [hostKey] }, connection => state.serve(connection));
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    state.log.push('tcp');
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    if (mischief.refuseConnections > 0) {
      mischief.refuseConnections--;
      socket.destroy();
    } else if (mischief.hang > 0) mischief.hang--;
    else ssh.injectSocket(socket);
  };
  let front = await listen(onSocket, options.port ?? 0);
  const port = (front.address() as AddressInfo).port;
  const parsed = ssh2.utils.parseKey(hostKey);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key || key instanceof Error) throw new Error('bad host key');
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    const closed = new Promise(resolve => front.close(resolve));
    dropAll();
    await closed;
  };
  return {
    port,
    root,
    hostKeyLine: `${key.type} ${key.getPublicSSH().toString('base64')} test`,
    mischief,
    log: state.log,
    terminals: state.terminals,
    connections: state.connections,
    dropAll,
    reboot: async milliseconds => {
      await stop();
      await new Promise(resolve => setTimeout(resolve, milliseconds));
      front = await listen(onSocket, port);
    },
    close: async () => {
      await stop();
      state.killAll();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function listen(onSocket: (socket: Socket) => void, port: number): Promise<Server> {
  const server = createServer({ noDelay: true }, onSocket);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}

class State {
  readonly log: string[] = [];
  readonly terminals: { term: string; cols: number; rows: number }[] = [];
  readonly connections = new Set<Connection>();
  readonly #children = new Set<ChildProcess>();
  readonly #root: string;
  readonly #mischief: Mischief;
  readonly #options: SshServerOptions;

  constructor(root: string, mischief: Mischief, options: SshServerOptions) {
    this.#root = root;
    this.#mischief = mischief;
    this.#options = options;
  }

  serve(connection: Connection): void {
    this.connections.add(connection);
    connection.on('error', () => {}).on('close', () => this.connections.delete(connection));
    connection.on('authentication', context => this.#authenticate(context));
    connection.on('session', (accept, reject) => {
      if (this.#mischief.refuseSessions > 0) {
        this.#mischief.refuseSessions--;
        reject();
      } else this.#session(accept(), connection);
    });
    connection.on('tcpip', (accept, reject, info) => {
      this.log.push(`tcpip ${info.destIP}:${info.destPort}`);
      const socket = connectTcp(info.destPort, info.destIP);
      socket.once('error', () => reject?.());
      socket.once('connect', () => {
        const channel = accept();
        socket
          .on('error', () => {})
          .pipe(channel)
          .pipe(socket);
      });
    });
    connection.on('request', (accept, reject, name, info) => {
      if (name !== 'tcpip-forward' && name !== 'cancel-tcpip-forward') return reject?.();
      if (name === 'cancel-tcpip-forward') return accept?.();
      const server = createServer(socket => {
        connection.forwardOut(info.bindAddr, info.bindPort, '127.0.0.1', 0, (error, channel) => {
          if (error) socket.destroy();
          else
            socket
              .on('error', () => {})
              .pipe(channel)
              .pipe(socket);
        });
      });
      server.once('error', () => reject?.());
      server.listen(info.bindPort, '127.0.0.1', () => accept?.((server.address() as AddressInfo).port));
      connection.on('close', () => server.close());
    });
  }

  killAll(): void {
    for (const child of this.#children) killGroup(child, 'SIGKILL');
  }

  #authenticate(context: AuthContext): void {
    // A client first asks whether a key would do at all; that is no login yet.
    const asking = context.method === 'publickey' && !context.signature;
    void this.#credentialsRight(context).then(right => {
      const refused = right && !asking && this.#mischief.refuseLogins > 0;
      if (refused) this.#mischief.refuseLogins--;
      if (!asking) this.log.push(`login ${right && !refused ? 'ok' : 'refused'} ${context.username} ${context.method}`);
      if (right && !refused) context.accept();
      else
        context.reject([
          'publickey',
          ...(this.#options.keyboardInteractive ? ['keyboard-interactive'] : ['password']),
        ] as never);
    });
  }

  async #credentialsRight(context: AuthContext): Promise<boolean> {
    const user = this.#options.users?.[context.username];
    if (context.method === 'password' && !this.#options.keyboardInteractive)
      return user?.password !== undefined && context.password === user.password;
    if (context.method === 'keyboard-interactive' && user?.password !== undefined) {
      const answers = await new Promise<string[]>(resolve =>
        context.prompt([{ prompt: 'Password: ', echo: false }], resolve),
      );
      return answers[0] === user.password;
    }
    if (context.method !== 'publickey' || !user?.publicKey) return false;
    const key = ssh2.utils.parseKey(user.publicKey);
    if (key instanceof Error || Array.isArray(key) || !key.getPublicSSH().equals(context.key.data)) return false;
    return (
      !context.signature || !context.blob || key.verify(context.blob, context.signature, context.hashAlgo) === true
    );
  }

  #session(session: Session, connection: Connection): void {
    const env: Record<string, string> = {};
    session.on('env', (accept, _reject, info) => {
      env[info.key] = info.val;
      accept?.();
    });
    session.on('pty', (accept, _reject, info) => {
      this.terminals.push({
        term: (info as unknown as { term: string }).term,
        cols: info.cols,
        rows: info.rows,
      });
      accept?.();
    });
    session.on('auth-agent', (accept, reject) => {
      if (this.#mischief.refuseAgentForwarding) reject?.();
      else accept?.();
    });
    session.on('sftp', (accept, reject) => {
      if (this.#mischief.sftp === 'no') return reject();
      this.log.push('sftp');
      serveSftp(accept(), this.#root, this.#mischief);
    });
    session.on('exec', (accept, _reject, info) => this.#exec(accept(), info.command, env, connection));
  }

  #exec(channel: ServerChannel, command: string, env: Record<string, string>, connection: Connection): void {
    this.log.push(`exec ${command.trimEnd()}`);
    // ssh2's server never hears of the signals a client sends; it kills when the channel is closed.
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: this.#root,
      env: { PATH: `${this.#root}/bin:${process.env['PATH']}`, HOME: this.#root, LC_ALL: 'C', ...env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.stdin.on('error', () => {});
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.once('close', (code, signal) => {
      this.#children.delete(child);
      if (!this.#mischief.hideExitStatus) {
        if (signal) channel.exit(signal.replace(/^SIG/, ''));
        else channel.exit(code ?? 0);
      }
      channel.end();
    });
    channel.on('error', () => {}).once('close', () => killGroup(child, 'SIGKILL'));
    if (this.#mischief.dropAfter > 0 && command.includes('DROP'))
      setTimeout(() => {
        (connection as unknown as { _sock: Socket })._sock.destroy();
      }, this.#mischief.dropAfter);
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
