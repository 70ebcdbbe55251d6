// How soon a change of state is noticed after it happened, and with how many calls: kiln and packer.
import type { CallRecord } from '../src/local-ec2/index.ts';
import type { Timing } from '../src/local-ec2/timing.ts';
import { type BakeSetting, bakeOnce, EC2_LIKE } from './bakes.ts';
import { median, onPath, printTable } from './measure.ts';

/** EC2 is quicker on some days than on others; multiples of the usual times. */
const DAYS = [0.6, 0.8, 1, 1.25, 1.6];

/** A call that starts a change, how long that takes, and the call that sees it. */
const CHANGES = [
  { begun: 'RunInstances', takes: 'pending', seen: 'DescribeInstances' },
  { begun: 'StopInstances', takes: 'stopping', seen: 'DescribeInstances' },
  { begun: 'CreateImage', takes: 'image', seen: 'DescribeImages' },
] as const;

/** Milliseconds between each change and the first look that saw it. */
function lags(calls: readonly CallRecord[], timing: Partial<Timing>, scale: number): number[] {
  return CHANGES.map(({ begun, takes, seen }) => {
    const start = calls.find(call => call.action === begun && call.outcome === 'ok');
    const happened = (start?.time ?? Number.NaN) + (timing[takes] ?? 0) * scale;
    const noticed = calls.find(call => call.action === seen && call.time >= happened);
    if (!noticed) throw new Error(`nobody saw what ${begun} began`);
    return noticed.time - happened;
  });
}

export async function benchNoticing(kiln: readonly string[], folder: string): Promise<void> {
  const commands = { kiln: [...kiln, 'build'], ...(onPath('packer') && { packer: ['packer', 'build'] }) };
  const one = async (name: string, argv: readonly string[], scale: number) => {
    const setting: BakeSetting = { argv, builders: 1, timing: { ...EC2_LIKE, scale } };
    const { calls, images, output, wall } = await bakeOnce(setting, folder);
    if (images !== 1) throw new Error(`${name} made no image\n${output}`);
    return { name, calls: calls.length, lags: lags(calls, EC2_LIKE, scale), wall };
  };
  const bakes = await Promise.all(
    Object.entries(commands).flatMap(([name, argv]) => DAYS.map(scale => one(name, argv, scale))),
  );
  printTable(
    `Changes of state, ${DAYS.length} bakes each at ${DAYS.join(', ')} times the EC2-like times`,
    ['command', 'noticed after, median', 'at most', 'calls of a bake'],
    Object.keys(commands).map(name => {
      const own = bakes.filter(bake => bake.name === name);
      const all = own.flatMap(bake => bake.lags);
      return [
        name,
        `${(median(all) / 1000).toFixed(2)} s`,
        `${(Math.max(...all) / 1000).toFixed(2)} s`,
        (own.reduce((sum, bake) => sum + bake.calls, 0) / own.length).toFixed(1),
      ];
    }),
  );
}
