import { connect, createServer, type Server } from 'node:net';
import type { Connection } from 'ssh2';

/**
 * Port forwarding both ways. The machine shares the host's network, so its side of a tunnel is this host; listeners
 * stay on loopback.
 */
export function serveForwarding(connection: Connection): void {
  connection.on('tcpip', (accept, reject, info) => {
    const socket = connect(info.destPort, info.destIP);
    socket.once('error', () => reject());
    socket.once('connect', () => {
      const channel = accept();
      socket.on('error', () => channel.destroy());
      channel.on('error', () => socket.destroy());
      channel.on('close', () => socket.destroy());
      socket.pipe(channel).pipe(socket);
    });
  });

  const listeners = new Map<string, Server>();
  connection.on('close', () => {
    for (const server of listeners.values()) server.close();
    listeners.clear();
  });
  connection.on('request', (accept, reject, name, info) => {
    if (name === 'cancel-tcpip-forward') {
      listeners.get(`${info.bindAddr}:${info.bindPort}`)?.close();
      listeners.delete(`${info.bindAddr}:${info.bindPort}`);
      accept?.();
      return;
    }
    if (name !== 'tcpip-forward') {
      reject?.();
      return;
    }
    const server = createServer(socket => {
      const from = socket.remoteAddress ?? '127.0.0.1';
      connection.forwardOut(info.bindAddr, boundPort(server), from, socket.remotePort ?? 0, (error, channel) => {
        if (error) {
          socket.destroy();
          return;
        }
        socket.on('error', () => channel.destroy());
        channel.on('error', () => socket.destroy());
        channel.on('close', () => socket.destroy());
        socket.pipe(channel).pipe(socket);
      });
    });
    server.once('error', () => reject?.());
    server.listen(info.bindPort, '127.0.0.1', () => {
      const port = boundPort(server);
      listeners.set(`${info.bindAddr}:${info.bindPort || port}`, server);
      accept?.(port);
    });
  });
}

function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
