import { connect as connectTcp, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { Connection } from './connection.ts';
import type { SshSettings, Tunnel } from './settings.ts';

/** Opens the configured tunnels on a connection; they end with it. Throws a final KilnError that names the tunnel. */
export async function openTunnels(connection: Connection, settings: SshSettings): Promise<void> {
  for (const tunnel of settings.localTunnels) await openLocal(connection, tunnel);
  if (settings.remoteTunnels.length === 0) return;
  dialForMachine(connection, settings.remoteTunnels);
  for (const tunnel of settings.remoteTunnels) await openRemote(connection, tunnel);
}

/** A listener on this side whose connections are dialled from the machine. */
async function openLocal(connection: Connection, { port, host, hostPort }: Tunnel): Promise<void> {
  const server: Server = createServer(near => {
    near.on('error', () => near.destroy());
    if (!connection.open) return void near.destroy();
    connection.client.forwardOut(
      near.remoteAddress ?? '127.0.0.1',
      near.remotePort ?? 0,
      host,
      hostPort,
      (error, far) => {
        if (error) near.destroy();
        else join(near, far);
      },
    );
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  } catch (error) {
    throw new KilnError(`ssh_local_tunnels: port ${port} of this host cannot be listened on: ${messageOf(error)}`, {
      cause: error,
      hint: 'another process, or another build of this template, may hold it',
    });
  }
  server.unref();
  connection.onEnd(() => server.close());
}

/** A listener on the machine whose connections are dialled from this side. */
async function openRemote(connection: Connection, { port }: Tunnel): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connection.client.forwardIn('localhost', port, error => {
      if (!error) return resolve();
      reject(
        new KilnError(`ssh_remote_tunnels: the machine does not let port ${port} be listened on: ${error.message}`, {
          cause: error,
          hint: 'the port may be taken there, or its sshd has AllowTcpForwarding off',
        }),
      );
    });
  });
}

function dialForMachine(connection: Connection, tunnels: readonly Tunnel[]): void {
  connection.client.on('tcp connection', (details, accept, reject) => {
    const tunnel = tunnels.find(one => one.port === details.destPort);
    if (!tunnel) return reject();
    const near = connectTcp({ host: tunnel.host, port: tunnel.hostPort });
    near.once('error', () => reject());
    near.once('connect', () => {
      near.removeAllListeners('error');
      join(near, accept());
    });
  });
}

function join(near: Duplex, far: Duplex): void {
  const end = (): void => {
    near.destroy();
    far.destroy();
  };
  near.on('error', end).on('close', end);
  far.on('error', end).on('close', end);
  near.pipe(far).pipe(near);
}
