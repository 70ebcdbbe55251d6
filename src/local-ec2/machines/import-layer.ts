import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import type { LayerId } from './contract.ts';
import { findTool, lastLines, removeTree, runTool, TOOL_ENV } from './system.ts';
import type { Volumes } from './volumes.ts';

type Packing = 'plain' | 'gzip' | 'xz' | 'zstd' | 'bzip2';

/** First bytes of the formats; the file's name does not matter. */
const MAGIC: readonly (readonly [Packing, string])[] = [
  ['gzip', '1f8b'],
  ['xz', 'fd377a585a00'],
  ['zstd', '28b52ffd'],
  ['bzip2', '425a68'],
];
const UNPACKERS = { xz: 'xz', zstd: 'zstd', bzip2: 'bzip2' } as const;

/**
 * Turns an archive (tar, bare or packed with gzip, xz, zstd or bzip2) or a folder into a layer, owners, modes, links,
 * devices and extended attributes kept. tar itself refuses members that lead out of the target.
 */
export async function importLayer(
  volumes: Volumes,
  source: string,
  signal: AbortSignal,
): Promise<{ layer: LayerId; bytes: number }> {
  const stats = await stat(source).catch((error: unknown) => {
    throw new KilnError(`the base image cannot be read: ${describeFileError(source, error)}`, {
      code: 'import-failed',
    });
  });
  const draft = await volumes.draft();
  try {
    if (stats.isDirectory()) await copyFolder(source, draft.folder, signal);
    else if (stats.isFile()) await extract(source, draft.folder, signal);
    else throw new KilnError(`"${source}" is neither a folder nor a file`, { code: 'import-failed' });
    await checkTree(source, draft.folder);
    return await draft.adopt();
  } catch (error) {
    await removeTree(draft.folder);
    signal.throwIfAborted();
    throw error;
  }
}

async function copyFolder(source: string, target: string, signal: AbortSignal): Promise<void> {
  // One file system: a mounted /proc or a nested mount is not part of the image.
  const args = ['-a', '-x', '--reflink=auto', '--', `${source}/.`, target];
  const result = await runTool('cp', args, { signal });
  if (result.code !== 0) throw failed(source, lastLines(result.stderr));
}

async function extract(source: string, target: string, signal: AbortSignal): Promise<void> {
  const version = await runTool('tar', ['--version']);
  const gnu = version.stdout.includes('GNU tar');
  const args = ['-x', '-p', '-f', '-', '-C', target, '--numeric-owner'];
  // Attributes carry file capabilities (ping) and ACLs; only GNU tar names them so.
  if (gnu) args.push('--xattrs', '--xattrs-include=*', '--acls', '--same-owner', '--delay-directory-restore');
  const unpacked = await unpack(source, signal);
  const result = await runTool('tar', args, { signal, input: unpacked.stream });
  const trouble = await unpacked.trouble();
  if (trouble !== undefined) throw failed(source, trouble);
  if (result.code !== 0) throw failed(source, lastLines(result.stderr));
}

interface Unpacked {
  readonly stream: Readable;
  /** What the unpacking program complained of. */
  trouble(): Promise<string | undefined>;
}

async function unpack(source: string, signal: AbortSignal): Promise<Unpacked> {
  const packing = await packingOf(source);
  const none = async (): Promise<undefined> => undefined;
  if (packing === 'plain') return { stream: createReadStream(source), trouble: none };
  if (packing === 'gzip') {
    const file = createReadStream(source);
    const stream = createGunzip();
    file.on('error', error => stream.destroy(error));
    stream.on('close', () => file.destroy());
    return { stream: file.pipe(stream), trouble: none };
  }
  const program = UNPACKERS[packing];
  if (!(await findTool(program)))
    throw new KilnError(`"${source}" is packed with ${packing}, and the program "${program}" is not installed`, {
      hint: `install ${program}, or unpack the archive first`,
      code: 'missing-tool',
    });
  const child = spawn(program, ['-d', '-c', '--', source], {
    env: TOOL_ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  child.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2048);
  });
  const ended = new Promise<string | undefined>(resolve => {
    child.on('close', code =>
      resolve(code === 0 || code === null ? undefined : lastLines(said) || `${program} failed`),
    );
  });
  return { stream: child.stdout, trouble: () => ended };
}

async function packingOf(source: string): Promise<Packing> {
  const file = await open(source, 'r');
  try {
    const head = Buffer.alloc(6);
    await file.read(head, 0, 6, 0);
    const hex = head.toString('hex');
    return MAGIC.find(([, magic]) => hex.startsWith(magic))?.[0] ?? 'plain';
  } finally {
    await file.close();
  }
}

/** A root file system has a shell; without one nothing could be provisioned. */
async function checkTree(source: string, folder: string): Promise<void> {
  // Links such as bin -> usr/bin are not followed out of the tree: the two places are looked at by themselves.
  for (const path of ['bin/sh', 'usr/bin/sh']) {
    const first = path.split('/')[0] ?? '';
    const top = await lstat(`${folder}/${first}`).catch(() => undefined);
    if (top?.isDirectory() && (await lstat(`${folder}/${path}`).catch(() => undefined))) return;
  }
  throw new KilnError(`"${source}" holds no root file system: there is no bin/sh in it`, {
    hint: 'the archive must have bin, etc, usr ... at its top, e.g. from debootstrap, "docker export" or a cloud image\'s root.tar.xz',
    code: 'import-failed',
  });
}

function failed(source: string, reason: string): KilnError {
  return new KilnError(`"${source}" could not be imported: ${reason || 'tar gave no reason'}`, {
    code: 'import-failed',
  });
}
