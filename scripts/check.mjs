// What must hold besides the tests: types, lint, import directions, generated docs. Prints only what fails.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = process.execPath;
const checks = [
  ['types', node, ['node_modules/typescript/bin/tsc']],
  ['lint', node, ['node_modules/@biomejs/biome/bin/biome', 'check', '--diagnostic-level=warn', '.']],
  ['import directions', node, ['--import', 'tsx', 'scripts/check-imports.ts']],
  ['generated docs', node, ['--import', 'tsx', 'scripts/generate-docs.ts', '--check']],
];
let failed = false;
for (const [what, command, args] of checks) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status === 0) continue;
  failed = true;
  console.error(`The check of ${what} failed:\n${result.stdout}${result.stderr}`);
}
process.exit(failed ? 1 : 0);
