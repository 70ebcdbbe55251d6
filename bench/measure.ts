import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Timing {
  /** Milliseconds of wall time, one per run. */
  readonly samples: readonly number[];
  readonly median: number;
}

export interface Command {
  readonly argv: readonly string[];
  readonly options?: SpawnOptions;
  /** Exit code that counts as success; others fail the benchmark, so that nobody measures an error message. */
  readonly expect?: number;
}

/** Runs a command and gives its wall time in milliseconds. */
function once({ argv, options, expect = 0 }: Command): Promise<number> {
  const [program = '', ...args] = argv;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr?.on('data', chunk => {
      errors += String(chunk);
    });
    child.on('error', reject);
    child.on('close', code => {
      if (code === expect) resolve(performance.now() - started);
      else reject(new Error(`${argv.join(' ')} ended with ${code}, not ${expect}\n${errors}`));
    });
  });
}

/** Runs each command in turn, round by round, so that a slow minute of the machine hits all of them. First round unmeasured. */
export async function compare(
  commands: Readonly<Record<string, Command>>,
  rounds: number,
): Promise<Record<string, Timing>> {
  const samples: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      const time = await once(command);
      if (round > 0) samples[name] = [...(samples[name] ?? []), time];
    }
  }
  return Object.fromEntries(
    Object.entries(samples).map(([name, all]) => [name, { samples: all, median: median(all) }]),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Peak PSS in MiB of a command's whole process tree, sampled from /proc every 20 ms. */
export async function peakMemory({ argv, options }: Command): Promise<number> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { ...options, stdio: 'ignore' });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, child.pid === undefined ? 0 : treePss(child.pid));
  }, 20);
  await new Promise(resolve => child.on('close', resolve));
  clearInterval(timer);
  return peak;
}

function treePss(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    parents.set(Number(name), parent);
  }
  const inTree = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  let total = 0;
  for (const pid of parents.keys())
    if (inTree(pid)) total += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  return total / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export function onPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** A table with aligned columns, first column to the left, the others to the right. */
export function printTable(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  console.log(
    `\n${title}\n${line(header)}\n${widths.map(width => '-'.repeat(width)).join('  ')}\n${rows.map(line).join('\n')}`,
  );
}
