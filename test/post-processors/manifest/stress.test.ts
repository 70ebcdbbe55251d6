import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { plugin } from '../../../post-processors/manifest/index.ts';
import { bundleForChild } from '../../helpers/child.ts';
import { artifactOf, postProcess } from '../../helpers/post-process.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const PROCESSES = 50;
const BUILDS = 4;

describe('manifest under many builds', function () {
  this.timeout(180_000);
  const folder = tempFolders();

  it(`holds every finished build of ${PROCESSES} processes, a third of them killed, and is valid at any moment`, async () => {
    const root = folder();
    const output = join(root, 'm.json');
    const script = await bundleForChild(
      root,
      `
      import { writeSync } from 'node:fs';
      import { addToManifest } from './post-processors/manifest/update.ts';
      const [output, name] = process.argv.slice(2);
      const run = { force: false, runUuid: 'u', signal: new AbortController().signal };
      for (let turn = 0; turn < ${BUILDS}; turn++) {
        const id = name + '-' + turn;
        const entry = { name: id, builder_type: 'null', build_time: 1, files: null, artifact_id: id,
          packer_run_uuid: 'u', custom_data: { padding: 'x'.repeat(300) } };
        await addToManifest(output, entry, run);
        writeSync(1, id + '\\n');
      }
      `,
    );
    const finished = new Set<string>();
    const children: ChildProcess[] = Array.from({ length: PROCESSES }, (_, index) => {
      const child = spawn(process.execPath, [script, output, `b${index}`], { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.trim().split('\n')) finished.add(line);
      });
      return child;
    });
    const all = Promise.all(children.map(child => once(child, 'close')));
    let over = false;
    void all.then(() => {
      over = true;
    });
    const killed = children.filter((_, index) => index % 3 === 0);
    const victims = [...killed];
    let looks = 0;
    while (!over) {
      await delay(15);
      if (!existsSync(output)) continue;
      const { builds } = JSON.parse(readFileSync(output, 'utf8'));
      looks++;
      // One victim for every few builds, so that they die at all stages of the work.
      if (builds.length > (killed.length - victims.length) * 4) victims.shift()?.kill('SIGKILL');
    }
    const names: string[] = JSON.parse(readFileSync(output, 'utf8')).builds.map(
      (build: { name: string }) => build.name,
    );
    assert.ok(looks > 10);
    assert.deepEqual(
      [...finished].filter(name => !names.includes(name)),
      [],
      'finished builds that the manifest has lost',
    );
    assert.equal(new Set(names).size, names.length);
    for (const child of children) if (!killed.includes(child)) assert.equal(child.exitCode, 0);
    assert.ok(killed.some(child => child.signalCode === 'SIGKILL'));
    // The next build finds its way past what the dead left, and clears it away.
    await postProcess(plugin, { output }, { artifact: artifactOf([]) });
    assert.deepEqual(readdirSync(root).sort(), ['child.mjs', 'm.json']);
  });
});
