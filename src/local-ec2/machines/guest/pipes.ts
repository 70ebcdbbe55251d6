import { close as closeFile, constants, open as openFile } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mustRun } from '../system.ts';

// Plain descriptors, not FileHandles: sockets and children own them.
const open = promisify(openFile) as (path: string, flags: number) => Promise<number>;
const close = promisify(closeFile);

/** One standard stream of a command in the machine: our end as a stream, the command's as a descriptor to hand over. */
export interface PipeToCommand {
  readonly socket: Socket;
  /** Close it once the command has its own. */
  readonly fd: number;
}

const BATCH = 24;
const LOW = 6;

/**
 * Pipes for the standard streams of commands. Node itself connects children by sockets, and programs that open
 * /dev/stdout or /dev/stderr, as scripts like to, fail on those; named pipes they can open, whoever they have become.
 */
export class PipePool {
  readonly #folder: string;
  readonly #free: string[] = [];
  #count = 0;
  #refill: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The command writes, we read. Both ends block or not as their side expects it. */
  async output(): Promise<PipeToCommand> {
    const path = await this.#take();
    const ours = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = await open(path, constants.O_WRONLY);
    await unlink(path);
    return { socket: new Socket({ fd: ours, readable: true, writable: false }), fd };
  }

  /** We write, the command reads. */
  async input(): Promise<PipeToCommand> {
    const path = await this.#take();
    // Held open for both while the ends are opened: neither then waits for the other.
    const both = await open(path, constants.O_RDWR);
    const ours = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const fd = await open(path, constants.O_RDONLY);
    await close(both);
    await unlink(path);
    return { socket: new Socket({ fd: ours, readable: false, writable: true }), fd };
  }

  async #take(): Promise<string> {
    for (;;) {
      const path = this.#free.pop();
      if (this.#free.length < LOW) this.#refill ??= this.#make();
      if (path !== undefined) return path;
      await this.#refill;
    }
  }

  async #make(): Promise<void> {
    try {
      const paths = Array.from({ length: BATCH }, () => join(this.#folder, `pipe-${this.#count++}`));
      await mustRun('pipes could not be made', 'mkfifo', ['-m', '666', '--', ...paths]);
      this.#free.push(...paths);
    } finally {
      this.#refill = undefined;
    }
  }

  /** Closes a descriptor that output() or input() gave. */
  async release(pipe: PipeToCommand): Promise<void> {
    await close(pipe.fd);
  }

  /** Has the first pipes ready before they are asked for. */
  async fill(): Promise<void> {
    this.#refill ??= this.#make();
    await this.#refill;
  }
}
