import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey } from 'ssh2';
import { messageOf, systemCode } from '../../../sdk/errors.ts';
import { type Account, findAccount, isValidLogin } from '../guest/accounts.ts';
import type { HostKey } from '../guest/host-keys.ts';
import { offeredKey, parseAuthorizedKeys, provesKey } from './auth.ts';
import { serveForwarding } from './forwarding.ts';
import type { Guest } from './guest.ts';
import { type Login, serveSession } from './session.ts';
import { SFTP_PROGRAMS } from './sftp.ts';

export interface SshServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface SshServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly hostKeys: readonly HostKey[];
  readonly onNotice: (text: string) => void;
}

/**
 * Clients tell from this name in which order the server wants the two paths of an SFTP link request. Images' own SFTP
 * servers, and kiln's, want OpenSSH's order.
 */
const IDENT = 'OpenSSH_9.2 kiln';
const LOGIN_GRACE = 120_000;
const MAX_ATTEMPTS = 20;

/**
 * Serves SSH for one machine. When the port is taken (another server of this host listens on all addresses), another
 * free one is used instead.
 */
export async function startSshServer(guest: Guest, options: SshServerOptions): Promise<SshServer> {
  const sockets = new Set<Socket>();
  const ssh = new ssh2.Server(
    { hostKeys: options.hostKeys.map(key => key.privateKey), ident: IDENT },
    (connection, client) => {
      const route = `${client.ip} ${client.port} ${options.address} ${options.port}`;
      serveConnection(
        guest,
        connection,
        { route, fromOpenSsh: /^SSH-2.0-(OpenSSH|dropbear)/.test(client.header.identRaw) },
        options.onNotice,
      );
    },
  );
  // Without the delay that gathers small packets: a short command's answer would wait 40 ms for it.
  const server = createServer({ noDelay: true }, socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  const port = await listen(server, options.address, options.port);
  server.on('error', (error: Error) => options.onNotice(`the SSH server of a local machine failed: ${error.message}`));
  return {
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, address: string, port: number): Promise<number> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE' || port === 0) throw error;
    return listen(server, address, 0);
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

function serveConnection(
  guest: Guest,
  connection: Connection,
  from: Pick<Login, 'route' | 'fromOpenSsh'>,
  onNotice: (text: string) => void,
): void {
  let login: Login | undefined;
  let attempts = 0;
  const grace = setTimeout(() => connection.end(), LOGIN_GRACE);
  // Clients come and go as they like; a broken connection is no event for anyone but its commands.
  connection.on('error', () => {});
  connection.on('close', () => clearTimeout(grace));
  connection.on('authentication', context => {
    if (++attempts > MAX_ATTEMPTS) connection.end();
    else
      authenticate(guest, context)
        .then(async account => {
          if (!account) return;
          login = {
            ...from,
            account,
            hangUp: () => connection.end(),
            sftpServer: await guest.files.firstProgram(SFTP_PROGRAMS),
          };
          context.accept();
        })
        .catch((error: unknown) => {
          onNotice(`login as "${context.username}" failed: ${messageOf(error)}`);
          context.reject(['publickey']);
        });
  });
  connection.on('ready', () => {
    clearTimeout(grace);
    const user = login;
    if (!user) return;
    connection.on('session', accept => serveSession(guest, user, accept(), onNotice));
    serveForwarding(connection);
  });
}

/** Gives the account of a client that has proven itself, which is then to be accepted; answers all others. */
async function authenticate(guest: Guest, context: AuthContext): Promise<Account | undefined> {
  const { username } = context;
  if (context.method !== 'publickey' || !isValidLogin(username)) {
    context.reject(['publickey']);
    return undefined;
  }
  const key = offeredKey(context, await allowedKeys(guest, username));
  if (!key) {
    context.reject(['publickey']);
    return undefined;
  }
  if (context.signature === undefined) {
    // The client asks whether this key would do, before it signs. ssh2 would name the key's own type in its answer, but
    // RFC 8332 wants the algorithm that was asked for, and Go's client (Packer) insists.
    if (context.hashAlgo) context.key.algo = `rsa-sha2-${context.hashAlgo.slice(3)}`;
    context.accept();
    return undefined;
  }
  const account = provesKey(context, key) ? await guest.login(username) : undefined;
  if (!account) context.reject(['publickey']);
  return account;
}

/** The keys of the launch, and those in the user's own authorized_keys. */
async function allowedKeys(guest: Guest, username: string): Promise<ParsedKey[]> {
  const launched = parseAuthorizedKeys(guest.authorizedKeys.join('\n'));
  const account = await findAccount(guest.files, username);
  if (!account) return launched;
  const own = guest.files.as(account);
  const text = await own.readText(`${account.home}/.ssh/authorized_keys`).catch(() => undefined);
  return [...launched, ...parseAuthorizedKeys(text ?? '')];
}
