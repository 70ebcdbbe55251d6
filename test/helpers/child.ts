import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Bundles a module, given as text with imports relative to the repository, into a script that plain Node runs: fifty
 * processes start in the time that ten would need to load the TypeScript. Gives the script's path.
 */
export async function bundleForChild(folder: string, text: string): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({
    stdin: { contents: text, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['archiver'],
    write: false,
  });
  const path = join(folder, 'child.mjs');
  writeFileSync(path, result.outputFiles[0]?.contents ?? '');
  return path;
}
