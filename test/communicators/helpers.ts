import { connect } from '../../src/communicators/index.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import type { CommunicatorOptions } from '../../src/sdk/communicator-options.ts';
import type { ConnectTarget, Machine, Ui } from '../../src/sdk/plugin.ts';
import { newKey, type SshServer, type SshServerOptions, startSshServer } from '../helpers/ssh-server.ts';

export const never = new AbortController().signal;

export interface RecordingUi extends Ui {
  readonly said: string[];
  text(stream: 'stdout' | 'stderr'): string;
}

export function recordingUi(answers: string[] = []): RecordingUi {
  const said: string[] = [];
  const bytes = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  return {
    said,
    say: text => said.push(text),
    error: text => said.push(`error: ${text}`),
    output: (stream, chunk) => bytes[stream].push(chunk),
    progress: () => {},
    ask: async question => {
      said.push(`ask: ${question}`);
      const answer = answers.shift();
      if (answer === undefined) throw new Error('no terminal');
      return answer;
    },
    text: stream => Buffer.concat(bytes[stream]).toString(),
  };
}

export function machineAt(target: () => ConnectTarget | Promise<ConnectTarget>, extra: Partial<Machine> = {}): Machine {
  return { id: 'i-test', buildData: {}, releaseSoon: () => {}, target: async () => target(), ...extra };
}

/** A server with the user `tester`, who logs in with `key`, and what a test needs to reach it. */
export interface Bench {
  readonly server: SshServer;
  readonly key: { readonly privateKey: string; readonly publicKey: string };
  readonly machine: Machine;
  readonly ui: RecordingUi;
  connect(options?: CommunicatorOptions, signal?: AbortSignal): Promise<Communicator>;
  close(): Promise<void>;
}

export async function startBench(options: SshServerOptions = {}): Promise<Bench> {
  const key = newKey();
  const server = await startSshServer({ users: { tester: { publicKey: key.publicKey } }, ...options });
  const machine = machineAt(() => ({ host: '127.0.0.1', port: server.port, privateKeys: [key.privateKey] }));
  const ui = recordingUi();
  const open: Communicator[] = [];
  return {
    server,
    key,
    machine,
    ui,
    connect: async (more = {}, signal = never) => {
      const communicator = await connect({ ssh_username: 'tester', ...more }, machine, { signal, ui });
      open.push(communicator);
      return communicator;
    },
    close: async () => {
      await Promise.all(open.map(one => one.close()));
      await server.close();
    },
  };
}

/** Runs a command and collects what it printed. */
export async function collect(
  communicator: Communicator,
  command: string,
  signal = never,
): Promise<{ stdout: string; stderr: string; result: Awaited<ReturnType<Communicator['run']>> }> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const result = await communicator.run(command, {
    signal,
    stdout: chunk => stdout.push(chunk),
    stderr: chunk => stderr.push(chunk),
  });
  return { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), result };
}

/** Waits until a condition holds, looking often. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await condition()) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  throw new Error('the condition never held');
}
