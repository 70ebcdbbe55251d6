import type { Duplex } from 'node:stream';
import type { AuthHandlerMiddleware, CipherAlgorithm, KexAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import ssh2, { type Client } from 'ssh2';
import { KilnError } from '../../sdk/errors.ts';
import { connectionFailure } from '../../sdk/scripts/connection-failure.ts';
import { signCertificates } from './certificate.ts';
import { loginMethods } from './login.ts';
import type { Login, SshSettings } from './settings.ts';

export const LOGIN_REFUSED = 'login-refused';

export interface ConnectionRequest {
  /** An open stream to the server; owned by the connection from now on. */
  readonly socket: Duplex;
  /** `host:port`, for messages. */
  readonly where: string;
  readonly login: Login;
  readonly builderKeys: readonly string[];
  readonly settings: SshSettings;
  readonly hostKeyAlgorithms: readonly string[];
  /** Gives the error to end with when the key is wrong. */
  judgeHostKey(key: Buffer): Promise<KilnError | undefined>;
  ask(question: string): Promise<string>;
  readonly signal: AbortSignal;
  /** Something the connection runs through, e.g. the one to the bastion; closed with it. */
  readonly carrier?: Connection;
}

/** The server must say hello within this time; machines that boot accept connections long before they answer them. */
const HELLO_TIMEOUT = 10_000;
/** As Packer's handshake timeout. */
const LOGIN_TIMEOUT = 60_000;
/** Silence after which a connection counts as dead: keep-alive messages went unanswered all the while. */
const DEAD_AFTER = 60_000;

/** An authenticated SSH connection. */
export class Connection {
  readonly client: Client;
  readonly where: string;
  readonly hostKey: Buffer;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly ended: Promise<void>;
  /** Commands under way; see kill.ts. */
  readonly running = new Set<{ readonly aborted: boolean }>();
  /** The server said no to forwarding the agent; asking again would fail every command. */
  refusesAgent = false;
  #open = true;
  #reason: string | undefined;
  readonly #socket: Duplex;
  readonly #carrier: Connection | undefined;
  readonly #cleanups: (() => void)[] = [];

  constructor(client: Client, socket: Duplex, where: string, hostKey: Buffer, carrier: Connection | undefined) {
    this.client = client;
    this.where = where;
    this.hostKey = hostKey;
    this.#socket = socket;
    this.#carrier = carrier;
    client.on('error', error => {
      this.#reason ??= error.message;
    });
    this.ended = new Promise(resolve => {
      client.once('close', () => {
        this.#open = false;
        for (const cleanup of this.#cleanups.splice(0)) cleanup();
        resolve();
      });
    });
  }

  /** False as soon as nothing can be sent any more; `ended` tells of it a little later. */
  get open(): boolean {
    return this.#open && this.#socket.writable;
  }

  /** The error for work that the loss of the connection interrupted. */
  lost(what: string, cause?: unknown): KilnError {
    const reason = this.#reason ? ` (${this.#reason})` : '';
    return connectionFailure(`the connection to ${this.where} was lost while ${what}${reason}`, { cause });
  }

  /** Runs `cleanup` when the connection is gone. */
  onEnd(cleanup: () => void): void {
    if (this.#open) this.#cleanups.push(cleanup);
    else cleanup();
  }

  /** Drops the connection at once, saying why in later errors. */
  drop(reason: string): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  /** Ends the connection; the socket is gone when it resolves, within a second. */
  async close(): Promise<void> {
    if (this.#open) {
      this.client.end();
      const timer = setTimeout(() => this.#socket.destroy(), 1000);
      await this.ended;
      clearTimeout(timer);
    }
    this.#socket.destroy();
    await this.#carrier?.close();
  }
}

/**
 * Logs in over an open socket. Throws a connection failure (try again), `login-refused` (counts as a failed attempt),
 * `wrong-host-key` or another final KilnError, or the signal's reason. The socket is closed whenever it throws.
 */
export async function openConnection(request: ConnectionRequest): Promise<Connection> {
  const { socket, where, settings, signal } = request;
  const client = new ssh2.Client();
  let hostKey = Buffer.alloc(0);
  let verdict: KilnError | undefined;
  let refusal: string | undefined;
  let stop: () => void = () => {};
  const methods = loginMethods(request.login, request.builderKeys, request.ask);
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason);
      const noHello = (): void => reject(connectionFailure(`${where} accepts connections but does not speak SSH yet`));
      const hello = setTimeout(noHello, HELLO_TIMEOUT);
      const onData = (): void => clearTimeout(hello);
      stop = () => {
        clearTimeout(hello);
        socket.off('data', onData);
        signal.removeEventListener('abort', onAbort);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      client.once('ready', resolve);
      client.on('error', error => {
        if (verdict) return reject(verdict);
        const final = explain(error, where, request.login.username, methods.tried, refusal);
        // A key that cannot sign is only one of the ways to log in; ssh2 goes on to the next one by itself.
        if (final) reject(final);
        else refusal = error.message;
      });
      client.once('close', () =>
        reject(verdict ?? connectionFailure(`${where} closed the connection during the login`)),
      );
      client.connect({
        sock: socket,
        username: request.login.username,
        authHandler: methods.next as unknown as AuthHandlerMiddleware,
        readyTimeout: LOGIN_TIMEOUT,
        keepaliveInterval: settings.keepAliveInterval,
        keepaliveCountMax: Math.max(3, Math.ceil(DEAD_AFTER / Math.max(1, settings.keepAliveInterval))),
        ...(settings.forwardAgent && { agent: settings.forwardAgent }),
        algorithms: {
          serverHostKey: request.hostKeyAlgorithms as ServerHostKeyAlgorithm[],
          ...(settings.ciphers && { cipher: settings.ciphers as CipherAlgorithm[] }),
          ...(settings.keyExchanges && { kex: settings.keyExchanges as KexAlgorithm[] }),
        },
        hostVerifier: (key: Buffer, verify: (right: boolean) => void) => {
          hostKey = Buffer.from(key);
          request.judgeHostKey(hostKey).then(
            wrong => {
              verdict = wrong;
              verify(wrong === undefined);
            },
            error => reject(error),
          );
        },
      });
      signCertificates(client);
      socket.on('data', onData);
    });
  } catch (error) {
    stop();
    client.removeAllListeners().on('error', () => {});
    socket.on('error', () => {});
    client.end();
    socket.destroy();
    throw error;
  }
  stop();
  client.removeAllListeners();
  const connection = new Connection(client, socket, where, hostKey, request.carrier);
  watchSilence(connection, socket, settings.readWriteTimeout);
  return connection;
}

/** Ends a connection on which nothing arrived for `limit` milliseconds (ssh_read_write_timeout). */
function watchSilence(connection: Connection, socket: Duplex, limit: number | undefined): void {
  if (limit === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => connection.drop(`nothing arrived for ${limit / 1000}s: ssh_read_write_timeout`), limit);
    timer.unref();
  };
  restart();
  socket.on('data', restart);
  connection.onEnd(() => clearTimeout(timer));
}

function explain(
  error: Error & { level?: string; code?: unknown },
  where: string,
  username: string,
  tried: readonly string[],
  refusal: string | undefined,
): KilnError | undefined {
  const message = error.message;
  if (error.level === 'agent') return undefined;
  // 14: SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE; 2: what OpenSSH sends after too many failures.
  const disconnected = /authentication fail/i.test(message) || error.code === 14;
  if (error.level === 'client-authentication' || disconnected) {
    if (!disconnected && !message.startsWith('All configured')) return undefined;
    const ways = tried.length > 0 ? `tried: ${tried.join(', ')}` : 'it accepts none of the ways configured';
    return new KilnError(`${where} refused the login of "${username}" (${ways}${refusal ? `; ${refusal}` : ''})`, {
      code: LOGIN_REFUSED,
      cause: error,
      hint: 'check ssh_username, and that the key or password is the one the machine knows',
    });
  }
  if (message === 'Connection lost before handshake')
    return connectionFailure(`${where} hung up before it said that it speaks SSH`, { cause: error });
  if (/no matching/.test(message))
    return new KilnError(`${where} and kiln have no algorithm in common: ${message}`, {
      code: 'no-common-algorithm',
      cause: error,
      hint: 'check ssh_ciphers and ssh_key_exchange_algorithms, and what the server allows',
    });
  return connectionFailure(`${where}: ${message}`, { cause: error });
}
