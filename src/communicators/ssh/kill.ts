import type { ClientChannel } from 'ssh2';
import { sleep } from '../../sdk/async.ts';
import type { Connection } from './connection.ts';
import { KILL_SCRIPT } from './kill-script.ts';

/** Killing must not keep a build from ending. */
const KILL_DEADLINE = 6000;
const GRACE = 1000;
/** How long each signal may take to work; some servers (ssh2's among them) know no signals at all. */
const SIGNALS = [
  ['TERM', 500],
  ['KILL', 250],
] as const;

/**
 * Ends a remote command for good, as far as the machine lets us. First a second session runs KILL_SCRIPT, which finds
 * the processes below this connection's sshd: a mere signal would not reach what sudo started, nor children in process
 * groups of their own. Where that is not possible (other servers, no /proc, other commands still running on this
 * connection) the SSH signals TERM and KILL go to the command's process group. Then the channel is closed.
 */
export async function killCommand(
  connection: Connection,
  channel: ClientChannel,
  finished: Promise<unknown>,
): Promise<void> {
  const done = finished.then(
    () => true,
    () => true,
  );
  const deadline = new Promise<boolean>(resolve => {
    const timer = setTimeout(() => resolve(false), KILL_DEADLINE);
    void done.then(() => clearTimeout(timer));
  });
  // Commands that are aborted together say so in the same turn: look at them in the next one.
  await sleep(0);
  const alone = [...connection.running].every(one => one.aborted);
  if (connection.open && alone) await Promise.race([runScript(connection), deadline, connection.ended]);
  for (const [name, wait] of SIGNALS) {
    if (!connection.open || (await Promise.race([done, after(50)]))) break;
    sendSignal(channel, name);
    await Promise.race([done, deadline, after(wait)]);
  }
  channel.close();
  await Promise.race([done, connection.ended, deadline, after(GRACE)]);
}

async function after(milliseconds: number): Promise<false> {
  await sleep(milliseconds);
  return false;
}

/** `channel.signal()` sends nothing once our input has ended, which it has from the start. */
function sendSignal(channel: ClientChannel, name: string): void {
  const { _client, outgoing } = channel as unknown as {
    readonly _client: { readonly _protocol: { signal(channel: number, name: string): void } };
    readonly outgoing: { readonly id: number; readonly state: string };
  };
  if (outgoing.state === 'open' || outgoing.state === 'eof') _client._protocol.signal(outgoing.id, name);
}

/** The script goes in on standard input, so that no login shell can misread it. */
function runScript(connection: Connection): Promise<void> {
  return new Promise(resolve => {
    connection.client.exec('/bin/sh', (error, channel) => {
      if (error) return resolve();
      channel.on('error', () => {});
      channel.once('close', () => resolve());
      channel.resume();
      channel.stderr.resume();
      channel.end(KILL_SCRIPT);
    });
  });
}
