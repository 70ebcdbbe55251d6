import { connect as connectTcp, type Socket } from 'node:net';
import { KilnError } from '../../sdk/errors.ts';
import { connectionFailure } from '../../sdk/scripts/connection-failure.ts';
import { ByteReader } from './byte-reader.ts';
import type { SocksProxy } from './settings.ts';

/** Opens a TCP connection within `timeout` milliseconds. Throws a connection failure that names the address. */
export async function openSocket(host: string, port: number, timeout: number, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connectTcp({ host, port, noDelay: true });
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      settle();
      // A socket given up on may still report an error.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const timer = setTimeout(
      () => fail(connectionFailure(`${host}:${port} did not answer within ${Math.round(timeout / 100) / 10}s`)),
      timeout,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', error => fail(connectionFailure(describe(host, port, error), { cause: error })));
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
  });
}

function describe(host: string, port: number, error: Error & { code?: string }): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return `${host}:${port} refuses connections`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name "${host}" cannot be resolved`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no route to ${host}`;
    case 'ETIMEDOUT':
      return `${host}:${port} does not answer`;
    case 'ECONNRESET':
      return `${host}:${port} closed the connection`;
    default:
      return `${host}:${port}: ${error.message || (error.code ?? 'connection failed')}`;
  }
}

/** Connects to `host:port` through a SOCKS5 proxy (RFC 1928, user name and password by RFC 1929). */
export async function openThroughProxy(
  proxy: SocksProxy,
  host: string,
  port: number,
  timeout: number,
  signal: AbortSignal,
): Promise<Socket> {
  const started = performance.now();
  const socket = await openSocket(proxy.host, proxy.port, timeout, signal);
  const where = `the SOCKS proxy ${proxy.host}:${proxy.port}`;
  const left = Math.max(1000, timeout - (performance.now() - started));
  const reader = new ByteReader(socket, where, signal);
  const timer = setTimeout(() => reader.fail(connectionFailure(`${where} does not answer`)), left);
  try {
    await greet(socket, reader, proxy, where);
    await request(socket, reader, host, port, where);
    return socket;
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    reader.release();
  }
}

async function greet(socket: Socket, reader: ByteReader, proxy: SocksProxy, where: string): Promise<void> {
  socket.write(Buffer.from(proxy.username === undefined ? [5, 1, 0] : [5, 2, 0, 2]));
  const [version, method] = await reader.read(2);
  if (version !== 5) throw new KilnError(`${where} does not speak SOCKS version 5`);
  if (method === 0) return;
  if (method !== 2 || proxy.username === undefined)
    throw new KilnError(`${where} wants a login`, { hint: 'set ssh_proxy_username and ssh_proxy_password' });
  const user = Buffer.from(proxy.username);
  const password = Buffer.from(proxy.password ?? '');
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
  const [, status] = await reader.read(2);
  if (status !== 0)
    throw new KilnError(`${where} refused the login`, { hint: 'check ssh_proxy_username and ssh_proxy_password' });
}

const REPLIES = [
  '',
  'general failure',
  'not allowed by its rules',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'time to live expired',
  'command not supported',
  'address type not supported',
];

async function request(socket: Socket, reader: ByteReader, host: string, port: number, where: string): Promise<void> {
  const name = Buffer.from(host);
  // The name goes to the proxy unresolved (type 3): it may only be known there.
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 255])]));
  const [, reply = 1, , type] = await reader.read(4);
  if (reply !== 0)
    throw connectionFailure(`${where} could not reach ${host}:${port}: ${REPLIES[reply] ?? `error ${reply}`}`);
  const rest = type === 1 ? 4 : type === 4 ? 16 : ((await reader.read(1))[0] ?? 0);
  await reader.read(rest + 2);
}
