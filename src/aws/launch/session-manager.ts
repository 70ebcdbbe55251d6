import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { sleep } from '../../sdk/async.ts';
import { KilnError, messageOf, systemCode } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Aws } from '../client/index.ts';
import type { Ec2CommunicatorOptions } from '../options/index.ts';
import { isAwsError } from '../policy/aws-error.ts';

const PLUGIN = 'session-manager-plugin';
const DOCUMENT = 'AWS-StartPortForwardingSession';
/** Local ports tried when the template names none (reference: step 10). */
const FIRST_PORT = 8000;
const LAST_PORT = 9000;
/** How long the instance's agent may take to register, in milliseconds; the connect timeout usually ends first. */
const AGENT_PATIENCE = 30 * 60_000;
const PAUSE_BETWEEN_SESSIONS = 1000;

/** Last words of the plugin that are kept, in characters. */
const LAST_WORDS = 2000;

/** Ports of the tunnels of this process: a port is free for everybody until the plugin of its tunnel listens there. */
const taken = new Set<number>();

/** A local port that leads to the instance through Systems Manager. */
export interface Tunnel {
  readonly port: number;
  /** Ends plugin and session. Never throws. */
  close(): Promise<void>;
}

/** The build connects through the session manager. The embedded EC2 has none: its machines are reached directly. */
export function needsTunnel({ build }: RunContext, options: Ec2CommunicatorOptions): boolean {
  return options.ssh_interface === 'session_manager' && options.communicator !== 'none' && !build.local;
}

/** Throws KilnError when the session manager's plugin is not on the PATH: to be known before anything is launched. */
export async function checkPlugin(): Promise<void> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const found = await access(join(folder, PLUGIN), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return;
  }
  throw missingPlugin();
}

function missingPlugin(): KilnError {
  return new KilnError(`the program "${PLUGIN}" is not installed`, {
    hint: 'install it from https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
    code: 'missing-program',
  });
}

/**
 * Opens a session manager tunnel and keeps it open: when the plugin exits, a new session is started. Failures are
 * told, and the connect timeout ends the build. Throws KilnError when no local port is free.
 */
export async function openTunnel(
  run: RunContext,
  aws: Aws,
  instanceId: string,
  remotePort: number,
  options: Ec2CommunicatorOptions,
): Promise<Tunnel> {
  if (options.pause_before_ssm) {
    run.ui.say('Waiting before the session manager tunnel is opened, as pause_before_ssm asks...');
    await sleep(options.pause_before_ssm, run.signal);
  }
  const port = options.session_manager_port || (await freePort());
  taken.add(port);
  const ended = new AbortController();
  const follow = (): void => ended.abort(run.signal.reason);
  run.signal.addEventListener('abort', follow, { once: true });
  const keeping = keepOpen(run, aws, instanceId, { remotePort, port }, ended.signal);
  return {
    port,
    async close() {
      run.signal.removeEventListener('abort', follow);
      ended.abort();
      await keeping;
      taken.delete(port);
    },
  };
}

interface Ports {
  readonly remotePort: number;
  readonly port: number;
}

async function keepOpen(run: RunContext, aws: Aws, target: string, ports: Ports, signal: AbortSignal): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    try {
      await oneSession(run, aws, target, ports, signal);
      await sleep(PAUSE_BETWEEN_SESSIONS, signal);
    } catch (error) {
      if (signal.aborted) return;
      const message = messageOf(error);
      if (message !== told) run.ui.error(`The session manager tunnel failed: ${message}`);
      told = message;
      if (error instanceof KilnError && error.code === 'missing-program') return;
      await sleep(PAUSE_BETWEEN_SESSIONS, signal).catch(() => {});
    }
  }
}

async function oneSession(run: RunContext, aws: Aws, target: string, ports: Ports, signal: AbortSignal): Promise<void> {
  const ssm = await aws.ssm();
  const request = {
    DocumentName: DOCUMENT,
    Target: target,
    Parameters: { portNumber: [String(ports.remotePort)], localPortNumber: [String(ports.port)] },
  };
  const session = await ssm.startSession(request, signal, {
    notYet: error => isAwsError(error, 'TargetNotConnected'),
    within: AGENT_PATIENCE,
  });
  run.ui.say(`Started session manager session ${session.SessionId}`);
  const { SessionId = '', StreamUrl = '', TokenValue } = session;
  const child = spawn(
    PLUGIN,
    [
      JSON.stringify({ SessionId, StreamUrl, TokenValue }),
      aws.region,
      'StartSession',
      '',
      JSON.stringify(request),
      StreamUrl,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  try {
    await finished(child, signal);
  } finally {
    await ssm.terminateSession({ SessionId }, AbortSignal.timeout(10_000)).catch(() => {});
  }
}

/** Waits for the end of the plugin. Throws KilnError, with its last words, when it fails by itself. */
async function finished(child: ChildProcess, signal: AbortSignal): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', chunk => {
      said = `${said}${String(chunk)}`.slice(-LAST_WORDS);
    });
  const kill = (): void => void child.kill();
  signal.addEventListener('abort', kill, { once: true });
  // Nobody else ends the plugin when kiln ends in a hurry.
  process.once('exit', kill);
  try {
    await once(child, 'close');
  } catch (error) {
    throw systemCode(error) === 'ENOENT' ? missingPlugin() : error;
  } finally {
    signal.removeEventListener('abort', kill);
    process.off('exit', kill);
  }
  if (signal.aborted || child.exitCode === 0) return;
  const end = child.exitCode === null ? `was ended by ${child.signalCode}` : `ended with exit status ${child.exitCode}`;
  const words = said.trim().split('\n').at(-1)?.trim();
  throw new KilnError(`${PLUGIN} ${end}${words ? `: ${words}` : ''}`);
}

async function freePort(): Promise<number> {
  for (let port = FIRST_PORT; port <= LAST_PORT; port++) {
    if (!taken.has(port) && (await isFree(port)) && !taken.has(port)) return port;
  }
  throw new KilnError(`no local port from ${FIRST_PORT} to ${LAST_PORT} is free for the session manager tunnel`, {
    hint: 'name one with session_manager_port',
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
