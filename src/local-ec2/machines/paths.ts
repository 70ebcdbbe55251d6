import { join } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';

/** Where the machines' things lie inside the store's data folder. */
export interface StorePaths {
  readonly root: string;
  /** One frozen tree per layer. */
  layer(id: string): string;
  readonly layers: string;
  /** A root volume: `upper` (its written files), `work` (overlayfs's own), `chain.json`. */
  volume(id: string): string;
  readonly volumes: string;
  /** Sparse files of further disks, and the disk images they start from. */
  disk(id: string): string;
  readonly disks: string;
  /** What belongs to one running machine; gone when it is. */
  run(instanceId: string): string;
  readonly runs: string;
  /** Copies of the host's tools that enter a machine. */
  readonly tools: string;
  /** What hides the host's private files from machines that stand on its tree. */
  readonly standIn: string;
}

const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Gives the id back when it is a plain file name that overlayfs's option syntax leaves alone; throws otherwise. */
export function checkedId(id: string): string {
  if (SAFE_ID.test(id)) return id;
  throw new KilnError(`"${id}" cannot name a machine, volume, layer or disk of the local EC2`, {
    hint: 'use letters, digits, "-", "_" and "."',
    code: 'invalid-id',
  });
}

export function storePaths(dataDir: string): StorePaths {
  const under = (folder: string) => (id: string) => join(dataDir, folder, checkedId(id));
  return {
    root: dataDir,
    layer: under('layers'),
    layers: join(dataDir, 'layers'),
    volume: under('volumes'),
    volumes: join(dataDir, 'volumes'),
    disk: id => join(dataDir, 'disks', `${checkedId(id)}.img`),
    disks: join(dataDir, 'disks'),
    run: under('run'),
    runs: join(dataDir, 'run'),
    tools: join(dataDir, 'tools'),
    standIn: join(dataDir, 'stand-in'),
  };
}
