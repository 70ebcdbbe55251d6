import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeCgroup } from './cgroup.ts';
import type { StorePaths } from './paths.ts';
import { isAlive, type ProcessRef, processRef, signalProcess } from './processes.ts';
import { removeTree } from './system.ts';

/** What must be ended and removed when a machine's owner is gone. Written before anything is started. */
export interface RunRecord {
  readonly owner: ProcessRef;
  readonly keeper?: ProcessRef;
  readonly cgroup?: string;
}

const RECORD = 'record.json';

export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  const path = join(folder, RECORD);
  await writeFile(`${path}.new`, JSON.stringify(record));
  await rename(`${path}.new`, path);
}

export async function ownProcess(): Promise<ProcessRef> {
  return (await processRef(process.pid)) ?? { pid: process.pid, started: '' };
}

/**
 * Ends what dead owners left running and removes its traces. Mounts need no undoing: they lived in the machines' own
 * namespaces and went with them.
 */
export async function sweepRuns(paths: StorePaths): Promise<void> {
  const ids = await readdir(paths.runs).catch(() => []);
  await Promise.all(ids.map(id => sweepRun(join(paths.runs, id))));
}

async function sweepRun(folder: string): Promise<void> {
  const text = await readFile(join(folder, RECORD), 'utf8').catch(() => undefined);
  const record = text === undefined ? undefined : (JSON.parse(text) as RunRecord);
  if (record && (await isAlive(record.owner))) return;
  if (record?.keeper && (await isAlive(record.keeper))) signalProcess(record.keeper.pid, 'SIGKILL');
  if (record?.cgroup !== undefined) await removeCgroup(record.cgroup);
  await removeTree(folder);
}
