import { readFile, realpath, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mountsBelow } from '../../src/aws/volumes/left-mounts.ts';
import { sleep } from '../../src/sdk/async.ts';
import { KilnError, messageOf } from '../../src/sdk/errors.ts';
import type { Ui } from '../../src/sdk/plugin.ts';
import type { Host } from './host.ts';
import { endProcessesIn } from './processes.ts';
import type { ExtraMount } from './settings.ts';

/** Times a busy mount point is tried, and the pause between, in milliseconds. */
const TRIES = 10;
const PAUSE = 500;

type Undo = (signal: AbortSignal) => Promise<void>;

/**
 * The folder of this host where the volume is mounted, with all that was done to it. `leave` undoes that, last first:
 * copied files, mounts below the root, the root itself.
 */
export class Place {
  readonly path: string;
  readonly #host: Host;
  readonly #ui: Ui;
  readonly #undo: Undo[] = [];

  constructor(path: string, host: Host, ui: Ui) {
    this.path = path;
    this.#host = host;
    this.#ui = ui;
  }

  /** Mounts the root file system. */
  async mountRoot(device: string, options: readonly string[]): Promise<void> {
    if ((await mountsBelow(this.path)).length > 0) {
      throw new KilnError(`something is mounted on "${this.path}" already`, {
        hint: `a build that was killed may have left it: umount -R ${this.path}`,
        code: 'mount-failed',
      });
    }
    await this.#host.run(`the folder "${this.path}" cannot be made`, ['mkdir', '-p', '--', this.path]);
    this.#undo.push(async () => {
      await rmdir(this.path).catch(() => {});
    });
    const words = ['mount', ...options.flatMap(option => ['-o', option]), '--', device, this.path];
    await this.#host.run(`${device} cannot be mounted on "${this.path}"`, words);
    this.#undo.push(signal => this.#unmount(this.path, signal));
  }

  /** Mounts something below the root. */
  async mountExtra({ type, device, path, optional }: ExtraMount): Promise<void> {
    const point = await this.inside(path, 'folder');
    if (optional && !(await kernelHas(type))) {
      this.#ui.say(`${path} is not mounted: the kernel of this host has no ${type}.`);
      return;
    }
    const how = type === 'bind' ? ['--bind'] : ['-t', type];
    await this.#host.run(`${device} cannot be mounted on "${point}"`, ['mount', ...how, '--', device, point]);
    this.#undo.push(signal => this.#unmount(point, signal));
  }

  /** Copies a file of this host to the same path below the root; what stood there comes back when it is left. */
  async copy(file: string): Promise<void> {
    const target = await this.inside(file, 'file');
    const aside = `${target}.kiln-original`;
    const what = `"${file}" cannot be copied into the chroot`;
    const script = 'if [ -e "$1" ] || [ -L "$1" ]; then mv -- "$1" "$2"; fi';
    await this.#host.run(what, ['sh', '-c', script, 'kiln', target, aside]);
    const back = 'rm -f -- "$1" && if [ -e "$2" ] || [ -L "$2" ]; then mv -- "$2" "$1"; fi';
    this.#undo.push(signal =>
      this.#host.run(`"${target}" cannot be removed`, ['sh', '-c', back, 'kiln', target, aside], signal),
    );
    await this.#host.run(what, ['cp', '--', file, target]);
  }

  /** The host's path of a path below the root. Throws when links of the image lead out of it. */
  async inside(path: string, kind: 'file' | 'folder'): Promise<string> {
    const target = join(this.path, path);
    const folder = kind === 'folder' ? target : join(target, '..');
    await this.#host.run(`the folder "${folder}" cannot be made`, ['mkdir', '-p', '--', folder]);
    const [real, root] = await Promise.all([realpath(folder), realpath(this.path)]);
    if (real === root || real.startsWith(`${root}/`))
      return kind === 'folder' ? real : join(real, path.split('/').at(-1) ?? '');
    throw new KilnError(`"${path}" of the image is a link that leads out of it, to "${real}"`, {
      hint: 'leave it out of chroot_mounts or copy_files',
      code: 'link-out',
    });
  }

  /** Undoes all that was done here. Throws the first failure, having tried the rest; what failed is tried again next time. */
  async leave(signal: AbortSignal): Promise<void> {
    if (this.#undo.length === 0) return;
    await endProcessesIn(this.path, this.#ui);
    const failed: Undo[] = [];
    let first: unknown;
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) {
      try {
        await undo(signal);
      } catch (error) {
        failed.unshift(undo);
        first ??= error;
      }
    }
    this.#undo.push(...failed);
    if (first) throw first;
  }

  async #unmount(point: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (!(await mountsBelow(point)).includes(point)) return;
      try {
        return await this.#host.run(`"${point}" cannot be unmounted`, ['umount', '--', point], signal);
      } catch (error) {
        if (attempt >= TRIES || !/busy/.test(messageOf(error))) throw error;
        await sleep(PAUSE, signal);
      }
    }
  }
}

async function kernelHas(type: string): Promise<boolean> {
  const kinds = await readFile('/proc/filesystems', 'utf8').catch(() => '');
  return kinds.split('\n').some(line => line.split('\t').at(-1) === type);
}
