import { spawnSync } from 'node:child_process';

/** Whether a program is on the PATH. */
export function hasTool(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Runs a program that must succeed; gives what it printed. */
export function runTool(name: string, args: readonly string[], input?: Buffer): Buffer {
  const result = spawnSync(name, args, { maxBuffer: 2 ** 30, ...(input && { input }) });
  if (result.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${result.error ?? result.stderr}`);
  return result.stdout;
}
