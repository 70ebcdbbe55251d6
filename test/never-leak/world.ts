import { createAws } from '../../src/aws/client/index.ts';
import type { LocalEc2, StateEntry, StateSnapshot } from '../../src/local-ec2/index.ts';
import { minimal, SOURCE } from '../helpers/ebs-bake.ts';

const signal = new AbortController().signal;

/** Things of other people in the account: some untagged, one of a kiln run on another machine that is still at work. */
export async function foreignResources(server: LocalEc2): Promise<void> {
  const aws = await createAws(minimal(server), { local: false, secret: () => {} });
  const ec2 = aws.ec2();
  const launch = async (tags: Record<string, string>): Promise<string> => {
    const reply = await ec2.runInstances(
      {
        ImageId: SOURCE,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        ...(Object.keys(tags).length > 0 && {
          TagSpecifications: [
            { ResourceType: 'instance' as const, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
          ],
        }),
      },
      signal,
    );
    return reply.Instances?.[0]?.InstanceId ?? '';
  };
  const untagged = await launch({});
  await reached(server, untagged, 'running');
  await launch({ 'kiln:run': '20200101-000000-aaaaaa', 'kiln:expires': '2999-01-01T00:00:00.000Z' });
  await ec2.createKeyPair({ KeyName: 'packer_of-somebody-else' }, signal);
  await ec2.createSecurityGroup({ GroupName: 'packer_of-somebody-else', Description: 'theirs' }, signal);
  await ec2.createVolume({ AvailabilityZone: 'us-east-1a', Size: 1 }, signal);
  await ec2.createImage({ InstanceId: untagged, Name: 'theirs' }, signal);
}

async function reached(server: LocalEc2, id: string, state: string): Promise<void> {
  const is = (): boolean => {
    const { instances, images } = server.state();
    return [...instances, ...images].some(one => one.id === id && one.state === state);
  };
  while (!is()) await new Promise(resolve => setTimeout(resolve, 2));
}

/** The old image that the template `replace` replaces, in both its regions. */
export async function oldImages(server: LocalEc2): Promise<void> {
  const aws = await createAws(minimal(server), { local: false, secret: () => {} });
  const ec2 = aws.ec2();
  const reply = await ec2.runInstances({ ImageId: SOURCE, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 }, signal);
  const InstanceId = reply.Instances?.[0]?.InstanceId ?? '';
  await reached(server, InstanceId, 'running');
  const old = { Name: 'replaced', Description: 'the old one' };
  const { ImageId = '' } = await ec2.createImage({ InstanceId, ...old }, signal);
  await reached(server, ImageId, 'available');
  await ec2.terminateInstances({ InstanceIds: [InstanceId] }, signal);
  const west = aws.ec2('eu-west-1');
  const copy = await west.copyImage({ SourceRegion: 'us-east-1', SourceImageId: ImageId, ...old }, signal);
  await reached(server, copy.ImageId ?? '', 'available');
}

/** All that exists, one line each, so that two moments can be compared and the difference read. */
export function inventory(server: LocalEc2): Set<string> {
  const state: StateSnapshot = server.state();
  const lines = Object.entries(state).flatMap(([kind, entries]) =>
    (entries as readonly StateEntry[]).map(one => `${kind} ${one.region} ${one.id} ${one.name ?? ''}`.trim()),
  );
  return new Set(lines);
}

export interface FinishedImage {
  readonly region: string;
  readonly id: string;
  readonly name: string;
}

/**
 * The finished images of kiln runs. Finished: available, and marked so (`kiln:expires` is `never`, the very last thing
 * kiln does to an image), as are all images of that name in the other regions of the run.
 */
export function finishedImages(server: LocalEc2): FinishedImage[] {
  const images = server.state().images.filter(image => image.tags['kiln:run'] !== undefined);
  const marked = (image: StateEntry): boolean => image.state === 'available' && image.tags['kiln:expires'] === 'never';
  return images
    .filter(image => images.filter(other => other.name === image.name).every(marked))
    .map(image => ({ region: image.region, id: image.id, name: image.name ?? '' }));
}
