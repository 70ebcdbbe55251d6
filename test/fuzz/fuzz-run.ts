import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'mocha';

/** Texts of each kind; KILN_FUZZ=100000 for a long run, KILN_FUZZ_SEED to repeat one. */
export const COUNT = Number(process.env['KILN_FUZZ'] ?? 300);
export const SEED = Number(process.env['KILN_FUZZ_SEED'] ?? 1);
export const LONG = process.env['KILN_FUZZ'] !== undefined;
/** Longest that a suite may take, in milliseconds. */
export const FUZZ_TIMEOUT = Math.max(120_000, COUNT * 100);
/** Milliseconds of processor time; only long runs look at it, as a test must not depend on how busy the machine is. */
const SLOW = 1000;

export interface FuzzRun {
  /** The scratch folder that is current while the suite runs. */
  cwd(): string;
  /** Checks texts one after the other. Throws with the text that failed, or was slow in a long run. */
  checkAll(title: string, make: (index: number) => string, count?: number): Promise<void>;
}

/** To be called in a `describe`: runs its texts through `check` in a scratch folder, away from AWS and the user's settings. */
export function fuzzRun(check: (text: string, cwd: string) => Promise<void>): FuzzRun {
  let cwd = '';
  const home = process.cwd();
  const environment = { ...process.env };

  before(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kiln-fuzz-'));
    writeFileSync(join(cwd, 'script.sh'), '#!/bin/sh\n');
    mkdirSync(join(cwd, 'folder'));
    process.chdir(cwd);
    for (const name of Object.keys(process.env)) if (/^(AWS|VAULT|CONSUL|PKR)_/.test(name)) delete process.env[name];
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  });
  after(() => {
    process.chdir(home);
    process.env = environment;
    rmSync(cwd, { recursive: true, force: true });
  });

  return {
    cwd: () => cwd,
    async checkAll(title, make, count = COUNT) {
      const started = performance.now();
      const slowest = { time: 0, text: '' };
      for (let index = 0; index < count; index++) {
        const text = make(index);
        const before = process.cpuUsage();
        try {
          await check(text, cwd);
        } catch (error) {
          throw new Error(`seed ${SEED}, number ${index}, text ${JSON.stringify(text)}`, { cause: error });
        }
        const { user, system } = process.cpuUsage(before);
        const time = (user + system) / 1000;
        if (time > slowest.time) Object.assign(slowest, { time, text });
      }
      if (!LONG) return;
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      process.stdout.write(`\n${count} ${title} in ${seconds} s, the slowest took ${slowest.time.toFixed(0)} ms\n`);
      assert.ok(slowest.time < SLOW, `${slowest.time} ms for ${JSON.stringify(slowest.text)}`);
    },
  };
}
