// Builds the product: validators from the option tables (build/), then the bundle (dist/).
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileValidators } from './compile-validators.ts';
import { writePacks } from './pack.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist');

await compileValidators(join(root, 'build', 'validators'));
rmSync(folder, { recursive: true, force: true });
const bundle = await build({
  absWorkingDir: root,
  // The launcher takes the place of src/bin.ts.
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  // Native parts (ssh2) and packages that read their own files at run time stay packages.
  external: ['ssh2', 'yargs', 'archiver'],
  chunkNames: '[name]-[hash]',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
});
await writePacks(bundle, {
  folder,
  packs: [
    {
      name: 'kiln',
      entries:
        /^src\/(cli\/(main|commands\/(validate|fmt|fix|inspect|version))|cli\/(ui\/report|secret-mask)|template\/(format\/json|hcl\/format\/index)|engine\/plan|catalog)\.ts$/,
    },
    {
      name: 'plugins',
      entries:
        /^((builders|provisioners|post-processors)\/[^/]+\/index\.ts|build\/validators\/.*|src\/communicators\/check\.ts)$/,
    },
  ],
  esPackages: ['yargs', 'archiver'],
});
const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'code-cache.mjs')], {
  // What the commands print is of no interest here.
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (status !== 0) process.exit(1);
