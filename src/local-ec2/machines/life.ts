import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { sleep } from '../../sdk/async.ts';
import type { GuestFiles } from './guest/files.ts';
import type { LaunchedMachine } from './launch.ts';
import { isAlive, type ProcessRef, signalProcess } from './processes.ts';

/** systemd's signal for an orderly poweroff: SIGRTMIN+4, with glibc's SIGRTMIN of 34. */
const SYSTEMD_POWEROFF = 38;
/** A signal that reaches init before it listens is lost, so it is repeated. */
const REPEAT = 1000;
const KILL_LIMIT = 5000;
/** Where init leaves word of how the machine goes down. */
const ENDED_FILE = '/run/kiln/ended';

/** The processes of a machine from begin to end. */
export class Life {
  readonly #machine: LaunchedMachine;
  readonly #init: ProcessRef | undefined;
  #systemd = false;
  #stopped = false;
  #word: FileHandle | undefined;
  /** Resolves when no process of the machine is left. */
  readonly over: Promise<void>;

  constructor(machine: LaunchedMachine, init: ProcessRef | undefined) {
    this.#machine = machine;
    this.#init = init;
    this.over = new Promise(resolve => {
      if (this.#isOver()) resolve();
      else machine.keeper.once('exit', () => resolve());
    });
  }

  #isOver(): boolean {
    const { keeper } = this.#machine;
    return keeper.exitCode !== null || keeper.signalCode !== null;
  }

  /** Keeps hold of the file for init's last word; it can be read when the machine is gone. */
  async watch(files: GuestFiles, systemd: boolean): Promise<void> {
    this.#systemd = systemd;
    this.#word = await files.open(ENDED_FILE, constants.O_RDONLY);
  }

  async unwatch(): Promise<void> {
    await this.#word?.close();
    this.#word = undefined;
  }

  /** What init has said of the machine's end; empty while there is none in sight. */
  async word(): Promise<string> {
    const buffer = Buffer.alloc(16);
    // Closed meanwhile: the machine is gone, and what mattered has been read.
    const read = await this.#word?.read(buffer, 0, buffer.length, 0).catch(() => undefined);
    return buffer.toString('utf8', 0, read?.bytesRead ?? 0).trim();
  }

  /** How it went down. */
  async how(): Promise<'poweroff' | 'reboot' | 'died'> {
    const word = await this.word();
    if (word === 'reboot') return this.#stopped ? 'poweroff' : 'reboot';
    return this.#stopped || word === 'poweroff' || word === 'halt' ? 'poweroff' : 'died';
  }

  /** Asks init to go down, then forces it. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#stopped = true;
    const deadline = performance.now() + graceMilliseconds;
    while (!this.#isOver()) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      await this.#signalInit(this.#systemd ? SYSTEMD_POWEROFF : 'SIGUSR2');
      await Promise.race([this.over, sleep(Math.min(REPEAT, left))]);
    }
    await this.end();
  }

  /** Kills the machine. When init dies the kernel ends every process in its namespace before init is buried. */
  async end(): Promise<void> {
    if (this.#isOver()) return;
    await this.#signalInit('SIGKILL');
    const timer = setTimeout(() => this.#machine.keeper.kill('SIGKILL'), KILL_LIMIT);
    await this.over;
    clearTimeout(timer);
  }

  async #signalInit(signal: NodeJS.Signals | number): Promise<void> {
    if (this.#init && (await isAlive(this.#init))) signalProcess(this.#init.pid, signal);
  }
}
