import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built kiln, or the script KILN_BIN names; with KILN_FROM_SOURCE=1 the sources, which start slower but need no build. */
const COMMAND = process.env['KILN_BIN']
  ? [process.env['KILN_BIN']]
  : process.env['KILN_FROM_SOURCE']
    ? ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('../../src/bin.ts', import.meta.url))]
    : [fileURLToPath(new URL('../../dist/bin.js', import.meta.url))];

/** The words that run kiln. */
export function kilnCommand(): readonly string[] {
  return [process.execPath, ...COMMAND];
}

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A scratch home for running the built kiln as users do: own state, data and working folder. */
export class Scratch {
  readonly dir = mkdtempSync(join(tmpdir(), 'kiln-e2e-'));

  get env(): NodeJS.ProcessEnv {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(AWS_|PACKER|PKR_VAR|GITHUB_|NO_COLOR|FORCE_COLOR)/.test(name)),
    );
    return {
      ...clean,
      HOME: this.dir,
      XDG_STATE_HOME: join(this.dir, 'state'),
      XDG_DATA_HOME: join(this.dir, 'data'),
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  write(name: string, content: string | object): string {
    const path = join(this.dir, 'work', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.dir, 'work', name), 'utf8');
  }

  start(args: readonly string[], env: NodeJS.ProcessEnv = {}, input?: string, detached = false): ChildProcess {
    mkdirSync(join(this.dir, 'work'), { recursive: true });
    const child = spawn(process.execPath, [...COMMAND, ...args], {
      cwd: join(this.dir, 'work'),
      env: { ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached,
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return child;
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}, input?: string): Promise<Result> {
    return finish(this.start(args, env, input));
  }

  /** In a session of its own: even when this process has a terminal, there is none to ask on. */
  withoutTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
    return finish(this.start(args, env, undefined, true));
  }

  /** The embedded EC2's resources that are left, by kind, read from its state as `kiln local` would show it. */
  machineFolders(): string[] {
    try {
      return readdirSync(join(this.dir, 'data', 'kiln', 'local-ec2', 'volumes'));
    } catch {
      return [];
    }
  }

  /** Mounts below the scratch folder: none may outlive a run. */
  mounts(): string[] {
    return readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter(line => line.includes(this.dir));
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function finish(child: ChildProcess): Promise<Result> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', chunk => {
    stdout += String(chunk);
  });
  child.stderr?.on('data', chunk => {
    stderr += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Why machines of the embedded EC2 cannot be tested here; undefined when they can. */
export function whyNoMachines(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  return process.getuid?.() === 0 ? undefined : 'needs root for namespaces and overlay mounts';
}
