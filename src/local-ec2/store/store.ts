import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFileError, KilnError, systemCode } from '../../sdk/errors.ts';
import { makePrivateFolder, writeAtomically } from './files.ts';
import { newAccountId } from './ids.ts';
import { lockStore } from './lock.ts';
import { emptyRegion, type RegionState, STORE_VERSION, type StoreState } from './model.ts';

/** The persistent state. Change `state`, then `touch()`; `flush()` resolves when all touched so far is on disk. */
export class Store {
  readonly dir: string;
  readonly state: StoreState;
  private readonly path: string;
  private readOnly: boolean;
  private readonly release: () => Promise<void>;
  private dirty = false;
  private writing: Promise<void> | undefined;

  private constructor(dir: string, state: StoreState, release: () => Promise<void>, readOnly = false) {
    this.readOnly = readOnly;
    this.dir = dir;
    this.path = join(dir, 'state.json');
    this.state = state;
    this.release = release;
  }

  /** Opens, or makes, the store and locks it. Throws a KilnError: in use, damaged, written by a newer version. */
  static async open(dir: string): Promise<Store> {
    try {
      await makePrivateFolder(dir);
    } catch (error) {
      throw new KilnError(`the local store cannot be made: ${describeFileError(dir, error)}`, { cause: error });
    }
    const release = await lockStore(dir);
    try {
      return new Store(dir, await loadState(join(dir, 'state.json')), release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** The state as it is on disk, for looking only: no lock is taken, nothing can be written. Throws as `open` does. */
  static async peek(dir: string): Promise<Store> {
    return new Store(dir, await loadState(join(dir, 'state.json')), async () => {}, true);
  }

  touch(): void {
    if (this.readOnly) return;
    this.dirty = true;
  }

  async flush(): Promise<void> {
    // One writer at a time; whoever comes while it writes shares the next write.
    while (!this.readOnly && (this.dirty || this.writing)) {
      this.writing ??= this.write().finally(() => {
        this.writing = undefined;
      });
      await this.writing;
    }
  }

  private async write(): Promise<void> {
    this.dirty = false;
    try {
      await writeAtomically(this.path, JSON.stringify(this.state));
    } catch (error) {
      this.dirty = true;
      throw new KilnError(`the local store cannot be written: ${describeFileError(this.path, error)}`, {
        cause: error,
      });
    }
  }

  /** Writes what is not written and gives the lock back; from then on nothing is written any more. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.readOnly = true;
      await this.release();
    }
  }
}

function newState(): StoreState {
  return {
    version: STORE_VERSION,
    accountId: newAccountId(),
    // 127.0 is the host's own, 127.1 and others near it are often used by name servers.
    network: randomInt(16, 240),
    regions: {},
    roles: {},
    instanceProfiles: {},
    layers: {},
  };
}

async function loadState(path: string): Promise<StoreState> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return newState();
    throw new KilnError(`the local store cannot be read: ${describeFileError(path, error)}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error);
  }
  if (typeof value !== 'object' || value === null || !('version' in value) || typeof value.version !== 'number')
    throw damaged(path);
  if (value.version > STORE_VERSION)
    throw new KilnError(
      `the local store "${path}" was written by a newer version of kiln (format ${value.version}; this one reads ${STORE_VERSION})`,
      { code: 'store-too-new', hint: 'upgrade kiln, or choose another store' },
    );
  const state = { ...newState(), ...value } as StoreState;
  if (!isTable(state.regions) || !isTable(state.roles) || !isTable(state.instanceProfiles) || !isTable(state.layers))
    throw damaged(path);
  for (const [name, region] of Object.entries(state.regions)) {
    if (!isTable(region) || !Object.values(region).every(isTable)) throw damaged(path);
    state.regions[name] = { ...emptyRegion(), ...(region as RegionState) };
  }
  return state;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(path: string, cause?: unknown): KilnError {
  return new KilnError(`the local store's state file "${path}" is damaged`, {
    code: 'store-damaged',
    hint: 'restore it from a copy, or move the whole store folder away to begin a new one',
    cause,
  });
}
