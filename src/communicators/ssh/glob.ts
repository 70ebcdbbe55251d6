import type { RemoteFiles } from './remote-files.ts';

/** Whether a remote path holds shell wildcards. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

/** The remote paths that a pattern matches, sorted, as a shell would: names with a leading dot only when it is written. */
export async function expandGlob(files: RemoteFiles, pattern: string): Promise<string[]> {
  const steps = pattern.split('/').filter(step => step !== '');
  let paths = [pattern.startsWith('/') ? '/' : ''];
  for (const step of steps) {
    const next: string[] = [];
    for (const path of paths) {
      const below = (name: string): string => (path === '' || path === '/' ? `${path}${name}` : `${path}/${name}`);
      if (!isGlob(step)) {
        if (await files.stat(below(step))) next.push(below(step));
        continue;
      }
      const folder = await files.stat(path || '.');
      if (folder?.kind !== 'folder') continue;
      const wanted = globPattern(step);
      const names = await files.list(path || '.');
      next.push(
        ...names.filter(name => wanted.test(name) && (step.startsWith('.') || !name.startsWith('.'))).map(below),
      );
    }
    paths = next;
  }
  return paths.sort();
}

function globPattern(step: string): RegExp {
  const source = step.replace(/\[([!^]?)([^\]]+)\]|[*?]|[.+^${}()|[\]\\]/g, (match, not: string, set: string) => {
    if (match === '*') return '.*';
    if (match === '?') return '.';
    if (set !== undefined) return `[${not ? '^' : ''}${set.replaceAll('\\', '\\\\')}]`;
    return `\\${match}`;
  });
  return new RegExp(`^${source}$`, 's');
}
