import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { elementMatcher, hasWildcard } from './pattern.ts';

/**
 * Paths that a pattern matches, sorted within each folder, as Go's filepath.Glob gives them: wildcards may stand in any
 * element, none crosses a `/`, and folders that cannot be read match nothing.
 */
export async function glob(pattern: string): Promise<readonly string[]> {
  if (!hasWildcard(pattern)) return (await exists(pattern)) ? [pattern] : [];
  const cut = pattern.lastIndexOf('/');
  const element = pattern.slice(cut + 1);
  const parent = cut === 0 ? '/' : cut < 0 ? '.' : pattern.slice(0, cut);
  const folders = hasWildcard(parent) ? await glob(parent) : [parent];
  const matches = elementMatcher(element);
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    found.push(
      ...names
        .filter(matches)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .map(name => join(folder, name)),
    );
  }
  return found;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
