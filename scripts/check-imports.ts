// Fails when a module imports against the house (docs/architecture.md): who may import whom, and which packages.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Rooms and what each may import; a room may always import itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  bin: ['cli'],
  cli: ['engine', 'catalog', 'template', 'communicators', 'aws', 'local-ec2', 'sdk'],
  engine: ['template', 'communicators', 'sdk'],
  catalog: ['plugin', 'sdk'],
  plugin: ['sdk', 'aws'],
  template: ['sdk'],
  communicators: ['sdk'],
  aws: ['sdk'],
  'local-ec2': ['sdk'],
  sdk: [],
};

/** Packages that only some rooms may touch. */
const PACKAGES: readonly { readonly name: RegExp; readonly rooms: readonly string[] }[] = [
  { name: /^@(aws-sdk|smithy)\//, rooms: ['aws'] },
  { name: /^ssh2$/, rooms: ['communicators', 'local-ec2'] },
  { name: /^yargs(-parser)?$/, rooms: ['cli'] },
];

const problems: string[] = [];
for (const file of ['src', 'builders', 'provisioners', 'post-processors'].flatMap(folder => walk(join(root, folder)))) {
  const text = readFileSync(file, 'utf8');
  const from = roomOf(file);
  for (const match of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
  )) {
    const target = match[1] ?? match[2] ?? match[3] ?? '';
    const line = text.slice(0, match.index).split('\n').length;
    const where = `${relative(root, file)}:${line}`;
    if (target.startsWith('.')) checkRoom(where, from, resolve(dirname(file), target));
    else checkPackage(where, from, target);
  }
  if (
    from !== 'cli' &&
    from !== 'bin' &&
    /\bconsole\.(log|error|warn|info)\(|(?<!\w)(?<!\[)process\.(exit\(|stdout\.|stderr\.|on\()/.test(text)
  ) {
    problems.push(`${relative(root, file)}: only src/cli touches the console, process.exit and signals`);
  }
}
if (problems.length > 0) {
  console.error(`Imports against the house:\n${problems.map(problem => `  ${problem}`).join('\n')}`);
  process.exit(1);
}

function checkRoom(where: string, from: string, target: string): void {
  const to = roomOf(target);
  const plugin = pluginOf(where);
  if (from === 'plugin' && to === 'plugin' && plugin !== pluginOf(relative(root, target)))
    problems.push(`${where}: plugins do not import each other (${relative(root, target)})`);
  else if (from !== to && !ALLOWED[from]?.includes(to))
    problems.push(`${where}: ${from} may not import ${to} (${relative(root, target)})`);
}

function checkPackage(where: string, from: string, target: string): void {
  const rule = PACKAGES.find(one => one.name.test(target));
  if (rule && !rule.rooms.includes(from))
    problems.push(`${where}: only ${rule.rooms.join(' and ')} may import ${target}`);
}

function roomOf(path: string): string {
  const parts = relative(root, path).split(sep);
  if (parts[0] !== 'src') return 'plugin';
  return (parts[1] ?? '').replace(/\.ts$/, '');
}

function pluginOf(path: string): string {
  return path.split(sep).slice(0, 2).join('/');
}

function walk(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return /\.ts$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}
