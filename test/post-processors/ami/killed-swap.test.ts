import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { createAws, type Ec2 } from '../../../src/aws/client/index.ts';
import type { CallWatch, LocalEc2 } from '../../../src/local-ec2/index.ts';
import { hollowEc2, minimal, SOURCE } from '../../helpers/ebs-bake.ts';
import { finish, Scratch } from '../../helpers/kiln.ts';

const never = new AbortController().signal;
const NAME = 'golden';

type Moment = 'received' | 'done';

/** A kiln process that is killed at one of its calls: before its effect, or after it and before its answer. */
interface Blow {
  readonly call: number;
  readonly moment: Moment;
}

interface Seen {
  readonly Description: string | undefined;
  readonly [key: string]: unknown;
}

/** An embedded EC2 with a published image, and a kiln beside it that replaces it and may be killed on the way. */
class Swap {
  readonly scratch = new Scratch();
  calls: string[] = [];
  #done = 0;
  #underWay = 0;
  #blow: Blow | undefined;
  #child: ChildProcess | undefined;
  #server: LocalEc2 | undefined;
  #ec2: Ec2 | undefined;

  get ec2(): Ec2 {
    assert.ok(this.#ec2);
    return this.#ec2;
  }

  get server(): LocalEc2 {
    assert.ok(this.#server);
    return this.#server;
  }

  async open(): Promise<void> {
    const onCall: CallWatch = (moment, action) => this.#call(moment, action);
    this.#server = await hollowEc2(join(this.scratch.dir, 'ec2'), { onCall });
    this.#ec2 = (await createAws(minimal(this.server), { local: false, secret: () => {} })).ec2();
    const tags = [{ Key: 'Team', Value: 'web' }];
    const launch = { ImageId: SOURCE, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1 };
    const { Instances = [] } = await this.ec2.runInstances(launch, never);
    const InstanceId = Instances[0]?.InstanceId ?? '';
    await this.#until(() => this.server.state().instances[0]?.state === 'running');
    const image = { InstanceId, Name: NAME, Description: 'the old one' };
    const { ImageId = '' } = await this.ec2.createImage(
      { ...image, TagSpecifications: [{ ResourceType: 'image', Tags: tags }] },
      never,
    );
    await this.#until(() => this.server.state().images[0]?.state === 'available');
    await this.ec2.terminateInstances({ InstanceIds: [InstanceId] }, never);
    const Add = [
      { UserId: '123456789012' },
      { OrganizationArn: 'arn:aws:organizations::123456789012:organization/o-123example' },
    ];
    await this.ec2.modifyImageAttribute({ ImageId, LaunchPermission: { Add } }, never);
    await this.ec2.enableImageDeprecation({ ImageId, DeprecateAt: new Date('2031-05-01T00:00:00Z') }, never);
    this.scratch.write('web.json', {
      builders: [
        {
          type: 'amazon-ebs',
          region: 'us-east-1',
          source_ami: SOURCE,
          instance_type: 't3.micro',
          communicator: 'none',
          ami_name: NAME,
          force_deregister: true,
          force_delete_snapshot: true,
        },
      ],
    });
  }

  async kiln(args: readonly string[], blow?: Blow): Promise<{ code: number | null; stdout: string; stderr: string }> {
    this.calls = [];
    this.#done = 0;
    this.#blow = blow;
    this.#child = this.scratch.start(args, {
      AWS_ENDPOINT_URL: this.server.endpoint,
      AWS_ACCESS_KEY_ID: this.server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.server.credentials.secretAccessKey,
    });
    const result = await finish(this.#child);
    this.#blow = undefined;
    // What a killed process had sent before still takes effect.
    await this.#until(() => this.#underWay === 0);
    return result;
  }

  /** All that users of the images of that name see of them. */
  async images(): Promise<Seen[]> {
    const { Images = [] } = await this.ec2.describeImages({ Owners: ['self'] }, never);
    return Promise.all(
      Images.map(async ({ ImageId, Name, Description, Tags = [], DeprecationTime, BlockDeviceMappings = [] }) => {
        const asked = { ImageId, Attribute: 'launchPermission' as const };
        const { LaunchPermissions = [] } = await this.ec2.describeImageAttribute(asked, never);
        const snapshots = BlockDeviceMappings.map(one => one.Ebs?.SnapshotId ?? '');
        const left = this.server.state().snapshots.map(one => one.id);
        assert.ok(snapshots.every(id => left.includes(id)));
        const tags = Tags.filter(one => !one.Key?.startsWith('kiln:')).map(one => `${one.Key}=${one.Value}`);
        return { Name, Description, tags, DeprecationTime, LaunchPermissions, snapshots };
      }),
    );
  }

  async close(): Promise<void> {
    await this.server.close();
    this.scratch.remove();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise(resolve => setTimeout(resolve, 2));
  }

  #call(moment: Moment, action: string): 'drop' | undefined {
    const number = moment === 'received' ? this.calls.push(action) : ++this.#done;
    this.#underWay += moment === 'received' ? 1 : -1;
    if (this.#blow?.moment !== moment || this.#blow.call !== number) return undefined;
    this.#child?.kill('SIGKILL');
    if (moment === 'received') this.#underWay--;
    return 'drop';
  }
}

async function withSwap<T>(use: (swap: Swap, old: Seen[]) => Promise<T>): Promise<T> {
  const swap = new Swap();
  try {
    await swap.open();
    return await use(swap, await swap.images());
  } finally {
    await swap.close();
  }
}

/** After each of the calls from one to another; before a call is the same as after the one before it. */
function blows(calls: readonly string[], from: string, to: string): Blow[] {
  const first = calls.indexOf(from) + 1;
  const last = calls.lastIndexOf(to) + 1;
  assert.ok(first > 0 && last >= first, String(calls));
  const after = Array.from({ length: last - first + 1 }, (_, index): Blow => ({ call: first + index, moment: 'done' }));
  return [{ call: first, moment: 'received' }, ...after];
}

/** Two at once. */
async function forEach<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await use(item);
  };
  await Promise.all([worker(), worker()]);
}

describe('a swap whose kiln is killed', function () {
  this.timeout(240_000);

  it('at any call while the old image is at stake: gc leaves the old one as it was, or the new one', async () => {
    const calls = await withSwap(async swap => {
      const { code, stderr } = await swap.kiln(['build', 'web.json']);
      assert.equal(code, 0, stderr);
      return swap.calls;
    });
    let back = 0;
    let replaced = 0;
    await forEach(blows(calls, 'DescribeImageAttribute', 'CreateTags'), blow =>
      withSwap(async (swap, old) => {
        await swap.kiln(['build', 'web.json'], blow);
        const { code, stdout, stderr } = await swap.kiln(['gc', '-yes']);
        const [image, ...others] = await swap.images();
        const text = `${JSON.stringify(blow)} ${swap.calls} ${stdout}${stderr}`;
        assert.equal(code, 0, text);
        assert.ok(image && others.length === 0, text);
        if (image.Description !== undefined) assert.deepEqual([image], old, text);
        // The new one has no description.
        else replaced++;
        if (stdout.includes('Brought back')) back++;
      }),
    );
    assert.ok(back >= 2 && replaced >= 1, `brought back ${back} times, replaced ${replaced} times`);
  });

  it('and whose gc is killed as well, at any of its calls: the next gc ends it', async () => {
    const deregistered = await withSwap(async swap => {
      await swap.kiln(['build', 'web.json']);
      return swap.calls.indexOf('DeregisterImage') + 1;
    });
    const killed = (swap: Swap) => swap.kiln(['build', 'web.json'], { call: deregistered, moment: 'done' });
    const calls = await withSwap(async swap => {
      await killed(swap);
      await swap.kiln(['gc', '-yes']);
      return swap.calls;
    });
    await forEach(blows(calls, 'RegisterImage', 'EnableImageDeprecation'), blow =>
      withSwap(async (swap, old) => {
        await killed(swap);
        await swap.kiln(['gc', '-yes'], blow);
        const { code, stdout, stderr } = await swap.kiln(['gc', '-yes']);
        assert.equal(code, 0, stderr);
        assert.deepEqual(await swap.images(), old, `${JSON.stringify(blow)} ${calls} ${stdout}${stderr}`);
      }),
    );
  });
});
