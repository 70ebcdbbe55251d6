import { readFileSync, rmSync } from 'node:fs';
import { describeFileError, KilnError, systemCode } from '../sdk/errors.ts';
import { replaceFile } from '../sdk/replace-file.ts';
import { keptRunPath } from './runs.ts';

const FORMAT = 1;

/** How the build was asked for: what it takes to load and plan the same template again. */
export interface Invocation {
  /** As given: relative to `cwd`. */
  readonly template: string;
  readonly cwd: string;
  readonly vars: readonly (readonly [name: string, value: string])[];
  readonly varFiles: readonly string[];
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly configType?: 'json' | 'hcl2';
  readonly force: boolean;
  readonly local: boolean;
}

/** One build whose machine was kept. */
export interface KeptBuild {
  /** The build's display name. */
  readonly build: string;
  /** Index of the provisioner to go on at; as many as there were when all had succeeded. */
  readonly provisioner: number;
  /** All provisioners had succeeded: the builder's own last step failed. */
  readonly provisioned: boolean;
  /** What the builder's `attach` needs; it holds the private key. */
  readonly attachment: Readonly<Record<string, string>>;
  /** Why it failed. */
  readonly failure: string;
}

/** What `-on-error=keep` leaves beside the run's ledger, for `kiln resume` and `kiln ssh`. Readable by its owner only. */
export interface KeptRun {
  readonly v: typeof FORMAT;
  readonly runId: string;
  readonly runUuid: string;
  readonly invocation: Invocation;
  readonly builds: readonly KeptBuild[];
}

/** Gathers the builds of one run that are kept. */
export class Keeper {
  readonly #path: string;
  readonly #head: Omit<KeptRun, 'v' | 'builds'>;
  #builds: readonly KeptBuild[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(ledgerPath: string, head: Omit<KeptRun, 'v' | 'builds'>) {
    this.#path = keptRunPath(ledgerPath);
    this.#head = head;
  }

  get count(): number {
    return this.#builds.length;
  }

  /** Records one more build: the file is written whole or not at all, 0600. Throws KilnError. */
  keep(build: KeptBuild): Promise<void> {
    const write = async (): Promise<void> => {
      const builds = [...this.#builds, build];
      const text = `${JSON.stringify({ v: FORMAT, ...this.#head, builds } satisfies KeptRun, null, 2)}\n`;
      await replaceFile(this.#path, file => file.writeFile(text), { mode: 0o600 });
      this.#builds = builds;
    };
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => {});
    return written;
  }
}

/** Throws KilnError when there is none or it cannot be read. */
export function readKeptRun(ledgerPath: string, runId: string): KeptRun {
  const path = keptRunPath(ledgerPath);
  let kept: KeptRun;
  try {
    kept = JSON.parse(readFileSync(path, 'utf8')) as KeptRun;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new KilnError(`run ${runId} was not kept, so there is nothing to go on with`, {
        hint: 'builds are kept by -on-error=keep; "kiln runs" lists the runs',
        code: 'not-kept',
      });
    }
    throw new KilnError(`what was kept of run ${runId} cannot be read: ${describeFileError(path, error)}`, {
      cause: error,
      hint: `"kiln gc" removes what the run left`,
    });
  }
  if (kept.v > FORMAT)
    throw new KilnError(`run ${runId} was kept by a newer kiln`, { hint: 'use that version, or a newer one' });
  return kept;
}

/** Forgets it: the run was finished or removed. */
export function forgetKeptRun(ledgerPath: string): void {
  rmSync(keptRunPath(ledgerPath), { force: true });
}
