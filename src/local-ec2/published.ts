import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credentials, loadCredentials } from './store/credentials.ts';
import { writeAtomically } from './store/files.ts';
import { holderOf } from './store/lock.ts';

/** An embedded EC2 that another process serves. */
export interface RunningLocalEc2 {
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** Its default region. */
  readonly region: string;
  readonly pid: number;
}

const fileOf = (storeDir: string): string => join(storeDir, 'endpoint.json');

/** Lets other processes find this one's endpoint; the returned function ends that. */
export async function publish(storeDir: string, endpoint: string, region: string): Promise<() => Promise<void>> {
  await writeAtomically(fileOf(storeDir), JSON.stringify({ endpoint, region, pid: process.pid }));
  return () => rm(fileOf(storeDir), { force: true });
}

/** The embedded EC2 that serves this store now and was published; undefined when there is none. */
export async function findRunningLocalEc2(storeDir: string): Promise<RunningLocalEc2 | undefined> {
  const pid = await holderOf(storeDir);
  const text = await readFile(fileOf(storeDir), 'utf8').catch(() => undefined);
  if (pid === undefined || text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    !('endpoint' in value) ||
    !('region' in value) ||
    !('pid' in value)
  )
    return undefined;
  // A file left by a process that was killed names another pid than the lock does.
  if (typeof value.endpoint !== 'string' || typeof value.region !== 'string' || value.pid !== pid) return undefined;
  return { endpoint: value.endpoint, credentials: await loadCredentials(storeDir), region: value.region, pid };
}
