// Twenty builds at once under tight request limits: kiln and packer, each on an EC2 of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAULT_PLANS } from '../src/local-ec2/faults/index.ts';
import { type BakeSetting, bakeOnce, EC2_LIKE } from './bakes.ts';
import { onPath, printTable } from './measure.ts';

const BUILDS = 20;

export async function benchThrottle(kiln: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'));
  try {
    const common = { builders: BUILDS, timing: EC2_LIKE, faults: FAULT_PLANS['throttled'] };
    const settings: Readonly<Record<string, BakeSetting>> = {
      kiln: { ...common, argv: [...kiln, 'build'] },
      ...(onPath('packer') && {
        packer: { ...common, argv: ['packer', 'build'] },
        // Without it most of packer's builds fail, so that it makes few calls.
        'packer, max_retries 50': { ...common, argv: ['packer', 'build'], more: { max_retries: 50 } },
      }),
    };
    const outcomes = await Promise.all(
      Object.entries(settings).map(async ([name, setting]) => ({ name, ...(await bakeOnce(setting, folder)) })),
    );
    // Only one that made all images can be compared with.
    const peer = outcomes.find(one => one.name !== 'kiln' && one.images === BUILDS)?.calls.length;
    printTable(
      `${BUILDS} parallel builds, EC2-like times, plan "throttled"`,
      ['command', 'images', 'calls', 'refused', 'to packer', 'wall'],
      outcomes.map(({ name, images, calls, wall }) => [
        name,
        `${images} of ${BUILDS}`,
        String(calls.length),
        String(calls.filter(call => call.outcome === 'RequestLimitExceeded').length),
        peer === undefined || images < BUILDS ? '-' : (calls.length / peer).toFixed(2),
        `${(wall / 1000).toFixed(0)} s`,
      ]),
    );
    const own = outcomes.find(one => one.name === 'kiln');
    if (own && own.images < BUILDS) throw new Error(`kiln made ${own.images} of ${BUILDS} images\n${own.output}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
