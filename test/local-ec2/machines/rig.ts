import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ssh2, { type ClientChannel, type ExecOptions, type SFTPWrapper } from 'ssh2';
import type { MachineSpec, Machines, RunningMachine } from '../../../src/local-ec2/machines/contract.ts';
import { createNamespaceMachines } from '../../../src/local-ec2/machines/index.ts';

/** Machines need Linux and root, with the rights to make namespaces. */
export function canRunMachines(): boolean {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  return spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0;
}

export const WHY_SKIPPED = 'needs Linux and root';

/** A key pair; ssh2 makes one in 250 that cannot be read. */
export function newKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

export const KEY = newKey();

let last = 0;
/** A loopback address of its own for each machine of this test process. */
export function freshAddress(): string {
  last++;
  return `127.${100 + (process.pid % 100)}.${1 + ((process.pid >> 7) % 250)}.${last}`;
}

export function spec(values: Partial<MachineSpec> = {}): MachineSpec {
  const address = values.address ?? freshAddress();
  const id = `${process.pid.toString(16)}${last.toString(16).padStart(3, '0')}`;
  return {
    instanceId: `i-${id}`,
    layers: ['host'],
    rootVolumeId: `vol-${id}`,
    address,
    hostname: `ip-${address.replaceAll('.', '-')}`,
    authorizedKeys: [KEY.public],
    loginUser: 'ubuntu',
    firstBoot: true,
    disks: [],
    metadata: { 'instance-id': `i-${id}`, 'placement/region': 'eu-west-1' },
    ...values,
  };
}

/** A store in a folder of its own that goes with `close`. */
export class Rig {
  readonly folder: string;
  readonly machines: Machines;
  readonly notices: string[];

  private constructor(folder: string, machines: Machines, notices: string[]) {
    this.folder = folder;
    this.machines = machines;
    this.notices = notices;
  }

  static async create(): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'kiln-machines-'));
    const notices: string[] = [];
    const machines = await createNamespaceMachines({
      dataDir: join(folder, 'store'),
      onNotice: text => notices.push(text),
    });
    return new Rig(folder, machines, notices);
  }

  async close(): Promise<void> {
    await this.machines.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
  readonly signal: string | undefined;
}

/** A real SSH client. */
export class Shell {
  readonly client: ssh2.Client;

  private constructor(client: ssh2.Client) {
    this.client = client;
  }

  static async connect(
    machine: RunningMachine,
    address: string,
    username = 'ubuntu',
    key = KEY.private,
  ): Promise<Shell> {
    const client = new ssh2.Client();
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
      client.connect({
        host: address,
        port: machine.sshPort,
        username,
        privateKey: key,
        hostVerifier: (offered: Buffer) =>
          machine.hostKeys.some(line => Buffer.from(line.split(' ')[1] ?? '', 'base64').equals(offered)),
      });
    });
    client.setNoDelay(true);
    client.on('error', () => {});
    return new Shell(client);
  }

  open(command: string, options: ExecOptions = {}): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.client.exec(command, options, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  async run(command: string, options: ExecOptions = {}, input?: string | Buffer): Promise<Ran> {
    const channel = await this.open(command, options);
    return collect(channel, input);
  }

  sftp(): Promise<SFTPWrapper> {
    return new Promise((resolve, reject) => {
      this.client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp)));
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => {
      this.client.on('close', () => resolve());
    });
    this.client.end();
    await closed;
  }
}

export function collect(channel: ClientChannel, input?: string | Buffer): Promise<Ran> {
  return new Promise(resolve => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let code: number | null = null;
    let signal: string | undefined;
    channel.on('data', (chunk: Buffer) => out.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    channel.on('exit', (exit: number | null, name?: string) => {
      code = exit;
      signal = name;
    });
    channel.on('close', () =>
      resolve({ out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString(), code, signal }),
    );
    if (input !== undefined) channel.end(input);
  });
}

/** Programs enough to log in and to try things: a system without init, sudo, SSH or scp. */
const PROGRAMS = [
  ...['bash', 'cat', 'cp', 'cut', 'dd', 'env', 'false', 'grep', 'head', 'id', 'ls', 'mkdir', 'mv', 'ps', 'rm', 'sed'],
  ...['seq', 'sha256sum', 'sleep', 'stat', 'stty', 'touch', 'true', 'tty', 'setpriv', 'sync', 'uname', 'wc'],
];

/** Puts together a small root file system from programs of this host, as `debootstrap` would with packages. */
export function makeTinyTree(folder: string): void {
  for (const path of ['usr/bin', 'usr/sbin', 'etc', 'root', 'tmp', 'home', 'var/log', 'proc', 'sys', 'dev', 'run'])
    mkdirSync(join(folder, path), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(folder, name));
  chmodSync(join(folder, 'tmp'), 0o1777);
  chmodSync(join(folder, 'root'), 0o700);
  const copied = new Set<string>();
  for (const name of ['dash', ...PROGRAMS]) {
    const path = realpathSync(execFileSync('which', [name], { encoding: 'utf8' }).trim());
    copyFileSync(path, join(folder, 'usr/bin', name));
    for (const [, library] of execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/(\/\S+) \(/g)) {
      if (library === undefined || copied.has(library)) continue;
      copied.add(library);
      const target = join(folder, library.replace(/^\/lib/, '/usr/lib').replace('/usr/usr', '/usr'));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(realpathSync(library), target);
    }
  }
  symlinkSync('dash', join(folder, 'usr/bin/sh'));
  writeFileSync(
    join(folder, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/usr/sbin/nologin\n',
  );
  writeFileSync(join(folder, 'etc/group'), 'root:x:0:\nsudo:x:27:\nnogroup:x:65534:\n');
  writeFileSync(join(folder, 'etc/shadow'), 'root:*:1:0:99999:7:::\n', { mode: 0o640 });
}

/** Asks again until the answer is yes. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (await check()) return;
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  throw new Error(`never happened: ${what}`);
}
