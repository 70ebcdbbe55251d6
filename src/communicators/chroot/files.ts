import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import type { TransferOptions } from '../../sdk/communicator.ts';
import { describeFileError, KilnError, systemCode } from '../../sdk/errors.ts';
import type { ChrootMachine } from '../../sdk/plugin.ts';
import type { ByteSource } from '../ssh/byte-source.ts';
import type { RemoteFiles } from '../ssh/remote-files.ts';
import { runScript } from './shell.ts';

const BLOCK = 262_144;

const STAT = `if [ -d "$1" ]; then echo folder 0
elif [ -f "$1" ]; then echo file $(wc -c <"$1")
elif [ -e "$1" ]; then echo other 0
fi`;
const LIST = `cd -- "$1" || exit
for name in * .[!.]* ..?*; do if [ -e "$name" ] || [ -L "$name" ]; then printf '%s\\0' "$name"; fi; done`;
const WRITE = 'cat >"$1" && chmod "$2" "$1"';
const MAKE_FOLDER = '[ -d "$1" ] || mkdir -m "$2" -- "$1"';

/** Files of a root file system, handled by its own shell so that they may belong to anybody. */
export function chrootFiles(root: ChrootMachine): RemoteFiles {
  return {
    parallel: 4,
    open: true,
    async upload(source, target, options) {
      const mode = (options.mode ?? source.mode).toString(8);
      try {
        const what = `"${target}" in the chroot cannot be written`;
        const input = blocks(source, options);
        await runScript(root, what, WRITE, [target, mode], { signal: options.signal, input });
      } finally {
        await source.close();
      }
    },
    async download(source, target, options) {
      await mkdir(dirname(target), { recursive: true });
      const what = `"${source}" in the chroot cannot be read`;
      const output = counted(options).pipe;
      const file = createWriteStream(target, options.mode === undefined ? {} : { mode: options.mode });
      output.pipe(file);
      const written = new Promise<void>((resolve, reject) => {
        file.once('close', resolve);
        file.once('error', error =>
          reject(systemCode(error) ? new KilnError(describeFileError(target, error), { cause: error }) : error),
        );
      });
      try {
        const read = runScript(root, what, 'cat -- "$1"', [source], { signal: options.signal, output });
        await Promise.all([read, written]);
      } catch (error) {
        file.destroy();
        await rm(target, { force: true });
        throw error;
      }
    },
    async stat(path) {
      const [kind = '', size = '0'] = (await runScript(root, `"${path}" in the chroot cannot be seen`, STAT, [path]))
        .trim()
        .split(' ');
      if (kind === '') return undefined;
      return { kind: kind === 'file' || kind === 'folder' ? kind : 'other', size: Number(size), mode: 0 };
    },
    async makeFolder(path, mode) {
      await runScript(root, `the folder "${path}" in the chroot cannot be made`, MAKE_FOLDER, [path, mode.toString(8)]);
    },
    async list(path) {
      const names = await runScript(root, `the folder "${path}" in the chroot cannot be read`, LIST, [path]);
      return names.split('\0').filter(name => name !== '');
    },
  };
}

async function* blocks(source: ByteSource, { progress }: TransferOptions): AsyncGenerator<Buffer> {
  let done = 0;
  for (;;) {
    const block = Buffer.allocUnsafe(BLOCK);
    const count = await source.read(block);
    if (count === 0) return;
    done += count;
    yield block.subarray(0, count);
    progress?.(done, source.total);
  }
}

function counted({ progress }: TransferOptions): { readonly pipe: Transform } {
  let done = 0;
  return {
    pipe: new Transform({
      transform(chunk: Buffer, _encoding, next) {
        done += chunk.length;
        progress?.(done, undefined);
        next(null, chunk);
      },
    }),
  };
}
