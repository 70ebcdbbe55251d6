// Does all the set-up a fresh clone needs, and nothing when all is there: installs the locked dependencies, then builds.
//   node scripts/setup.mjs            install and build what is missing or older than its sources
//   node scripts/setup.mjs --build    build in any case
//   node scripts/setup.mjs --prepare  npm's own hook after an install: build only
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = [
  'src',
  'builders',
  'provisioners',
  'post-processors',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const STAMP = join(ROOT, 'dist', '.stamp');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `kiln needs Node 20.19 or newer; this is ${process.version}. Install a current Node from https://nodejs.org and try again.`,
  );
  process.exit(1);
}

const prepareHook = process.argv.includes('--prepare');
if (!prepareHook && !installed())
  run('Installing dependencies (npm ci)', 'npm', [
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
const wanted = fingerprint();
const built = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
if (process.argv.includes('--build') || built !== wanted) {
  run('Building', process.execPath, ['--import', 'tsx', join('scripts', 'build.ts')]);
  writeFileSync(STAMP, wanted);
}

/** Whether node_modules holds what the lockfile asks for: npm leaves its own copy of the lockfile behind. */
function installed() {
  const marker = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(marker)) return false;
  return statSync(marker).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

function fingerprint() {
  const hash = createHash('sha256').update(process.version);
  const visit = path => {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (stat?.isDirectory()) for (const name of readdirSync(join(ROOT, path)).sort()) visit(join(path, name));
    else if (stat) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const source of SOURCES) visit(source);
  return hash.digest('hex');
}

function run(what, command, args) {
  console.error(`${what}...`);
  const result = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (result.error || result.status !== 0) {
    console.error(`${what} failed${result.error ? `: ${result.error.message}` : ''}. The output above says why.`);
    process.exit(result.status || 1);
  }
}
