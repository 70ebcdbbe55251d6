// Whole bakes: amazon-ebs against an embedded EC2 that runs no machines (kiln and packer side by side), and a bake with
// real machines.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalEc2 } from '../src/local-ec2/index.ts';
import { INSTANT, type Timing } from '../src/local-ec2/timing.ts';
import { bakeEnvironment, bakeTemplate, EC2_LIKE } from './bakes.ts';
import { compare, onPath, peakMemory, printTable } from './measure.ts';
import { benchNoticing } from './noticing.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export async function benchBake(kiln: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'));
  try {
    await againstPeer(kiln, folder, 'Minimal amazon-ebs bake, nothing to wait for', INSTANT, 7);
    await againstPeer(
      kiln,
      folder,
      'Minimal amazon-ebs bake, each state ready at the second look',
      { ...INSTANT, looks: 2 },
      1,
    );
    await againstPeer(kiln, folder, 'Minimal amazon-ebs bake, EC2-like times (34 s in all)', EC2_LIKE, 1);
    await benchNoticing(kiln, folder);
    if (process.getuid?.() === 0) await localBake(kiln, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function againstPeer(
  kiln: readonly string[],
  folder: string,
  title: string,
  timing: Partial<Timing>,
  rounds: number,
): Promise<void> {
  const server = await startLocalEc2({ storeDir: mkdtempSync(join(folder, 'store-')), machines: 'none', timing });
  try {
    const template = join(folder, 'bake.json');
    writeFileSync(template, bakeTemplate(server, 1));
    const options = { cwd: folder, env: bakeEnvironment(server, folder) };
    const results = await compare(
      {
        kiln: { argv: [...kiln, 'build', template], options },
        ...(onPath('packer') && { packer: { argv: ['packer', 'build', template], options } }),
      },
      rounds,
    );
    const peer = results['packer']?.median;
    const calls = server.calls.length;
    printTable(
      `${title}, median of ${rounds} (${calls} calls in all)`,
      ['command', 'wall', 'to packer'],
      Object.entries(results).map(([name, { median }]) => [
        name,
        `${(median / 1000).toFixed(2)} s`,
        peer ? (median / peer).toFixed(2) : '-',
      ]),
    );
    if (rounds > 1) {
      const memory = await peakMemory({ argv: [...kiln, 'build', template], options });
      printTable(
        'Memory of one build: peak PSS of the process tree',
        ['command', 'MiB'],
        [['kiln', memory.toFixed(0)]],
      );
    }
  } finally {
    await server.close();
  }
}

async function localBake(kiln: readonly string[], folder: string): Promise<void> {
  const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_DATA_HOME: join(folder, 'data') };
  const args = [
    'build',
    '--local',
    '-timestamp-ui',
    `-var-file=${join(ROOT, 'templates/web-server.vars.json')}`,
    join(ROOT, 'templates/web-server.json'),
  ];
  const [program = '', ...first] = kiln;
  const samples: number[] = [];
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    const result = spawnSync(program, [...first, ...args], { cwd: folder, env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`);
    samples.push(performance.now() - started);
  }
  samples.sort((a, b) => a - b);
  printTable(
    'kiln build --local templates/web-server.json, 5 runs',
    ['', 'wall'],
    [
      ['fastest', `${((samples[0] ?? 0) / 1000).toFixed(2)} s`],
      ['median', `${((samples[2] ?? 0) / 1000).toFixed(2)} s`],
      ['slowest', `${((samples[4] ?? 0) / 1000).toFixed(2)} s`],
    ],
  );
}
