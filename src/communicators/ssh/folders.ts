import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { mapLimited } from '../../sdk/async.ts';
import type { TransferOptions } from '../../sdk/communicator.ts';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import { fileSource } from './byte-source.ts';
import { expandGlob, isGlob } from './glob.ts';
import type { RemoteFiles } from './remote-files.ts';

interface FileJob {
  readonly from: string;
  readonly to: string;
  readonly size: number;
}

/**
 * Uploads a folder as Packer does over scp. With a trailing slash on `source` its contents go into `target`, which must
 * exist. Without one, it is created below `target`; when there is no `target` yet, it becomes `target`.
 */
export async function uploadFolder(
  files: RemoteFiles,
  source: string,
  target: string,
  options: TransferOptions,
): Promise<void> {
  const there = await files.stat(target);
  if (there && there.kind !== 'folder')
    throw new KilnError(`cannot upload the folder "${source}": "${target}" on the machine is no folder`);
  const contentsOnly = source.endsWith('/');
  if (!there && contentsOnly)
    throw new KilnError(`cannot upload the contents of "${source}": there is no folder "${target}" on the machine`, {
      code: 'remote-file',
      hint: 'create it in a shell provisioner before, or leave out the slash at the end of the source',
    });
  const root = contentsOnly || !there ? target : posix.join(target, basename(source));
  const jobs: FileJob[] = [];
  await walkLocal(files, source, root, contentsOnly && there !== undefined, [], jobs, options.signal);
  await transfer(jobs, files.parallel, options, async (job, one) => {
    await files.upload(await fileSource(job.from), job.to, one);
  });
}

/** Creates the remote folders on the way, parents first, and collects the files. Links are followed. */
async function walkLocal(
  files: RemoteFiles,
  from: string,
  to: string,
  exists: boolean,
  above: readonly string[],
  jobs: FileJob[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const real = await local(from, () => realpath(from));
  if (above.includes(real)) throw new KilnError(`"${from}" is a link to a folder that it lies in`);
  const folder = await local(from, () => stat(from));
  if (!exists) await files.makeFolder(to, (folder.mode & 0o777) | 0o700);
  const names = await local(from, () => readdir(from));
  for (const name of names.sort()) {
    const path = join(from, name);
    const found = await local(path, () => stat(path));
    if (found.isDirectory()) await walkLocal(files, path, posix.join(to, name), false, [...above, real], jobs, signal);
    else if (found.isFile()) jobs.push({ from: path, to: posix.join(to, name), size: found.size });
    else throw new KilnError(`"${path}" is neither a file nor a folder, so it cannot be uploaded`);
  }
}

/**
 * Downloads the contents of a folder (trailing slash), the folder itself (none), or what a glob matches into `target`,
 * which is created with its parents.
 */
export async function downloadFolder(
  files: RemoteFiles,
  source: string,
  target: string,
  options: TransferOptions,
): Promise<void> {
  const jobs: FileJob[] = [];
  if (isGlob(source)) {
    const matches = await expandGlob(files, source);
    if (matches.length === 0)
      throw new KilnError(`cannot download "${source}": nothing on the machine matches it`, { code: 'remote-file' });
    await local(target, () => mkdir(target, { recursive: true }));
    for (const path of matches) await walkRemote(files, path, join(target, basename(path)), jobs, 0, options.signal);
  } else {
    const path = source.replace(/(?<=.)\/+$/, '');
    const contents = source.endsWith('/');
    await walkRemote(files, path, contents ? target : join(target, basename(path)), jobs, 0, options.signal);
  }
  await transfer(jobs, files.parallel, options, (job, one) => files.download(job.from, job.to, one));
}

/** Chains of links back to a folder above end in an error of the machine; this is for servers that do not notice. */
const DEEPEST = 100;

async function walkRemote(
  files: RemoteFiles,
  from: string,
  to: string,
  jobs: FileJob[],
  depth: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const found = await files.stat(from);
  if (!found)
    throw new KilnError(`cannot download "${from}": it does not exist on the machine`, { code: 'remote-file' });
  if (found.kind === 'file') jobs.push({ from, to, size: found.size });
  if (found.kind !== 'folder') return;
  if (depth > DEEPEST) throw new KilnError(`"${from}" on the machine is nested too deeply: perhaps a loop of links`);
  await local(to, () => mkdir(to, { recursive: true }));
  for (const name of [...(await files.list(from))].sort()) {
    // The machine must not choose where on this host files are written.
    if (name.includes('/') || name.includes('\\') || name === '..')
      throw new KilnError(`the machine lists an impossible file name in "${from}": ${JSON.stringify(name)}`);
    await walkRemote(files, `${from === '/' ? '' : from}/${name}`, join(to, name), jobs, depth + 1, signal);
  }
}

async function transfer(
  jobs: readonly FileJob[],
  parallel: number,
  { signal, progress }: TransferOptions,
  one: (job: FileJob, options: TransferOptions) => Promise<void>,
): Promise<void> {
  const total = jobs.reduce((sum, job) => sum + job.size, 0);
  let done = 0;
  let failed = false;
  const results = await mapLimited(jobs, parallel, async job => {
    if (failed) return;
    let before = 0;
    try {
      await one(job, {
        signal,
        progress: now => {
          done += now - before;
          before = now;
          progress?.(done, total);
        },
      });
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function local<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw error instanceof KilnError ? error : new KilnError(describeFileError(path, error), { cause: error });
  }
}
