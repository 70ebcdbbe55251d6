import type { PseudoTtyInfo, ServerChannel, Session } from 'ssh2';
import { messageOf } from '../../../sdk/errors.ts';
import type { Account } from '../guest/accounts.ts';
import type { GuestProcess } from '../guest/enter.ts';
import { loginEnvironment } from '../guest/environment.ts';
import type { Guest } from './guest.ts';
import { ChannelOutput } from './output.ts';
import { SCP_PROGRAMS, scpRequest, serveScp } from './scp.ts';
import { serveSftp } from './sftp.ts';
import { inTerminal, resizeTerminal } from './terminal.ts';

/** Who logged in, from where, and what is known of the machine by then. */
export interface Login {
  readonly account: Account;
  /** For SSH_CONNECTION: client address and port, server address and port. */
  readonly route: string;
  readonly fromOpenSsh: boolean;
  /** Ends the connection. */
  hangUp(): void;
  /** The image's own SFTP server, when it has one. */
  readonly sftpServer: string | undefined;
}

const SIGNALS: ReadonlySet<string> = new Set(
  'ABRT ALRM FPE HUP ILL INT KILL PIPE QUIT SEGV TERM USR1 USR2'.split(' ').map(name => `SIG${name}`),
);
/** How long the exit code waits for output that is still on its way, so that it normally comes last. */
const OUTPUT_GRACE = 500;

/** One SSH session channel: at most one command, shell or subsystem, with what was asked for before it. */
export function serveSession(guest: Guest, login: Login, session: Session, onNotice: (text: string) => void): void {
  const { account } = login;
  const asked: Record<string, string> = {};
  let terminal: PseudoTtyInfo | undefined;
  let running: Promise<GuestProcess> | undefined;

  const start = async (argv: readonly string[], channel: ServerChannel): Promise<void> => {
    // The client may leave at any moment, also while the command is being started. As sshd does then: what still
    // runs hears the line go dead.
    let gone = false;
    const hangUp = (): void => {
      gone = true;
      running?.then(process => process.kill('SIGHUP')).catch(() => {});
    };
    channel.once('close', hangUp);
    await guest.settled();
    const [client = '', clientPort = '', , port = ''] = login.route.split(' ');
    const env: Record<string, string> = {
      ...(await loginEnvironment(guest.files, account, asked)),
      SSH_CONNECTION: login.route,
      SSH_CLIENT: `${client} ${clientPort} ${port}`,
    };
    running = guest.run(
      terminal
        ? {
            account,
            argv: inTerminal(argv, terminal, account.shell),
            env: { ...env, TERM: terminal.term || 'dumb', SHELL: '/bin/sh' },
          }
        : { account, argv, env },
    );
    const process = await running;
    if (gone) hangUp();
    const drained = connectStreams(process, channel);
    const { code, signal } = await process.ended;
    await settledWithin(drained, OUTPUT_GRACE);
    // A machine that goes down takes its SSH server along: the client finds the line dead, not the command failed.
    if (await guest.goingDown()) {
      login.hangUp();
      return;
    }
    if (signal) channel.exit(signal.replace(/^SIG/, ''), false, '');
    else channel.exit(code ?? 255);
    await drained;
    channel.end();
  };

  const begin = (argv: readonly string[], channel: ServerChannel): void => {
    channel.on('error', () => {});
    start(argv, channel).catch((error: unknown) => {
      onNotice(`a command in a local machine failed to start: ${messageOf(error)}`);
      channel.stderr.write(`kiln: ${messageOf(error)}\n`);
      channel.exit(255);
      channel.end();
    });
  };

  session.on('env', (accept, _reject, info) => {
    asked[info.key] = info.val;
    accept?.();
  });
  session.on('pty', (accept, _reject, info) => {
    terminal = info;
    accept?.();
  });
  session.on('window-change', (accept, _reject, info) => {
    running?.then(process => resizeTerminal(process, info)).catch(() => {});
    accept?.();
  });
  session.on('signal', (accept, _reject, info) => {
    const name = info.name.startsWith('SIG') ? info.name : `SIG${info.name}`;
    if (SIGNALS.has(name)) running?.then(process => process.kill(name as NodeJS.Signals)).catch(() => {});
    accept?.();
  });
  session.on('shell', accept => begin([account.shell, '-l'], accept()));
  session.on('exec', (accept, _reject, info) => {
    const channel = accept();
    const shell = [account.shell, '-c', info.command];
    const request = terminal ? undefined : scpRequest(info.command);
    if (!request) {
      begin(shell, channel);
      return;
    }
    guest.files
      .firstProgram(SCP_PROGRAMS)
      .then(scp =>
        scp === undefined ? serveScp(guest.files.as(account), account, request, channel) : begin(shell, channel),
      )
      .catch(() => channel.end());
  });
  // The image's own SFTP server lets the kernel judge every access; kiln serves where the image has none.
  const { sftpServer } = login;
  if (sftpServer === undefined) session.on('sftp', accept => serveSftp(guest.files.as(account), login, accept()));
  else
    session.on('subsystem', (accept, reject, info) => {
      if (info.name === 'sftp') begin([sftpServer], accept());
      else reject?.();
    });
}

/** Joins a command's streams with its channel; resolves when all its output has been handed over. */
async function connectStreams(process: GuestProcess, channel: ServerChannel): Promise<void> {
  const { stdin, stdout, stderr } = process;
  // A command that stops reading must not block the connection.
  stdin.on('error', () => channel.resume());
  stdin.on('close', () => channel.resume());
  channel.pipe(stdin);
  channel.once('close', () => {
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
  });
  const output = new ChannelOutput(channel);
  await Promise.all([output.pump(stdout, channel), output.pump(stderr, channel.stderr)]);
}

/** Waits for the promise, but not longer; leaves no timer behind. */
async function settledWithin(promise: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
