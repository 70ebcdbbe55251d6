// Builds the product: validators from the option tables (build/), then the bundle (dist/).
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileValidators } from './compile-validators.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

await compileValidators(join(root, 'build', 'validators'));
rmSync(join(root, 'dist'), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/bin.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  // Native parts (ssh2) and packages that read their own files at run time stay packages.
  external: ['ssh2', 'yargs', 'archiver'],
  chunkNames: 'chunks/[name]-[hash]',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: 'none',
  // Some bundled CommonJS code asks for `require`; only its chunks pay for it.
  inject: [],
  banner: { js: '' },
  logLevel: 'warning',
});
