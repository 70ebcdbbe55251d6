import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KilnError, systemCode } from '../../sdk/errors.ts';
import { exists, findTool, missingTool, removeTree, runTool } from './system.ts';

/** Programs of this host that run inside a machine, so that an image need not have them. */
const TOOLS = ['mount', 'setpriv', 'setsid', 'script', 'umount', 'unshare'] as const;
export type ToolName = (typeof TOOLS)[number];

/** Where a machine sees the toolbox: a read-only mount directly on another mount, so that no one inside can rename it away. */
export const TOOLBOX_INSIDE = '/run/kiln.tools';

const FORMAT = '1';

/**
 * The loader runs in the machine with all rights for the moment before they are dropped. It must not take
 * /etc/ld.so.preload, which is the machine's, for its own: in the copy that path is empty.
 */
const PRELOAD = Buffer.from('/etc/ld.so.preload\0');

/** The words that run a tool of the toolbox inside a machine. */
export function toolInside(name: ToolName): string[] {
  return [`${TOOLBOX_INSIDE}/ld.so`, '--library-path', TOOLBOX_INSIDE, `${TOOLBOX_INSIDE}/${name}`];
}

interface Part {
  readonly from: string;
  readonly as: string;
}

/** Copies the tools with their loader and libraries into the store, once per version of them; gives the folder. */
export async function prepareToolbox(folder: string): Promise<string> {
  const parts = await listParts();
  const hash = createHash('sha256').update(FORMAT);
  for (const part of parts) {
    const { size, mtimeMs } = await stat(part.from);
    hash.update(`\n${part.as} ${part.from} ${size} ${mtimeMs}`);
  }
  const target = join(folder, hash.digest('hex').slice(0, 16));
  if (await exists(target)) return target;
  const draft = `${target}.${process.pid}.new`;
  await removeTree(draft);
  await mkdir(draft, { recursive: true, mode: 0o755 });
  await Promise.all(parts.map(part => copyPart(part, draft)));
  await rename(draft, target).catch(async error => {
    await removeTree(draft);
    // Another kiln made the same folder in the meantime.
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error;
  });
  return target;
}

async function copyPart(part: Part, folder: string): Promise<void> {
  const to = join(folder, part.as);
  if (part.as === 'ld.so') {
    const loader = await readFile(part.from);
    for (let at = loader.indexOf(PRELOAD); at >= 0; at = loader.indexOf(PRELOAD)) loader[at] = 0;
    await writeFile(to, loader);
  } else {
    await copyFile(part.from, to);
  }
  await chmod(to, 0o755);
}

async function listParts(): Promise<Part[]> {
  const parts = new Map<string, Part>();
  for (const name of TOOLS) {
    const path = await findTool(name);
    if (path === undefined) throw missingTool(name);
    parts.set(name, { from: path, as: name });
    for (const library of await librariesOf(path)) parts.set(library.as, library);
  }
  return [...parts.values()];
}

/** What a program is linked with, as the C library's own loader lists it. */
async function librariesOf(program: string): Promise<Part[]> {
  const listed = await runTool(program, ['--version'], { env: { LD_TRACE_LOADED_OBJECTS: '1' } });
  const found: Part[] = [];
  for (const line of listed.stdout.split('\n')) {
    const library = /^\s*(\S+) => (\/\S+) \(/.exec(line);
    const loader = /^\s*(\/\S*\/ld[^/\s]*)(?: => (\/\S+))? \(/.exec(line);
    if (loader?.[1]) found.push({ from: loader[2] ?? loader[1], as: 'ld.so' });
    else if (library?.[1] && library[2]) found.push({ from: library[2], as: basename(library[1]) });
  }
  if (found.some(part => part.as === 'ld.so')) return found;
  throw new KilnError(`kiln cannot tell which libraries "${program}" needs`, {
    hint: 'local machines need a host with the GNU C library (Debian, Ubuntu, Fedora, Amazon Linux ...)',
    code: 'unsupported-host',
  });
}
