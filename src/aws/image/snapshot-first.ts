import { KilnError } from '../../sdk/errors.ts';
import type { Owned } from '../../sdk/resources.ts';
import { livingInstance } from '../instance-now.ts';
import { blockDeviceMappings } from '../launch/block-devices.ts';
import { settleAll } from '../launch/settle-all.ts';
import { certainlyNotCreated, isKind } from '../policy/aws-error.ts';
import { createOnce } from '../policy/create-once.ts';
import { runTag, tagFilter, tagSpecs } from '../tags.ts';
import type { BlockDeviceMapping, Image, Instance } from '../types.ts';
import { undoWith } from '../undo.ts';
import { VISIBILITY } from '../waiter.ts';
import { waitForSnapshot } from '../waits.ts';
import type { MadeImage, Making } from './making.ts';
import { registerImage } from './register.ts';
import { registration } from './registration.ts';
import { whileAlive } from './while-alive.ts';

/** Complete snapshots of an instance's volumes, ready to be registered as an image at once. */
export interface ReadySnapshots {
  register(): Promise<MadeImage>;
}

/**
 * Whether an image registered from snapshots is as good as one CreateImage makes: registering loses the platform
 * (Windows) and billing codes (marketplace, RHEL, SUSE).
 */
export function canRegister(source: Image): boolean {
  const plain = !source.PlatformDetails || source.PlatformDetails === 'Linux/UNIX';
  const free = !source.UsageOperation || source.UsageOperation === 'RunInstances';
  return plain && free && !source.Platform && (source.ProductCodes ?? []).length === 0;
}

/** Snapshots all EBS volumes of the instance and waits until they are complete. */
export async function snapshotInstance(making: Making): Promise<ReadySnapshots> {
  const { run, machine } = making;
  const { ec2, instanceId } = machine;
  const instance = await livingInstance(ec2, instanceId, run.signal);
  const volumes = (instance.BlockDeviceMappings ?? []).flatMap(one =>
    one.DeviceName && one.Ebs?.VolumeId
      ? [{ device: one.DeviceName, volume: one.Ebs.VolumeId, last: one.Ebs.DeleteOnTermination }]
      : [],
  );
  if (volumes.length === 0) throw new KilnError(`instance ${instanceId} has no EBS volume to snapshot`);
  run.ui.say(`Creating snapshots of ${volumes.map(one => one.volume).join(', ')}`);
  const snapshots = await settleAll<Owned<string>[]>(...volumes.map(one => snapshot(making, one.volume)));
  const mappings = volumes.map(
    (one, index): BlockDeviceMapping => ({
      DeviceName: one.device,
      Ebs: {
        SnapshotId: snapshots[index]?.value,
        DeleteOnTermination: one.device === instance.RootDeviceName || one.last === true,
      },
    }),
  );
  return { register: () => register(making, instance, overlaid(mappings, making), snapshots) };
}

async function snapshot(making: Making, volume: string): Promise<Owned<string>> {
  const { run, machine } = making;
  const { ec2 } = machine;
  const description = `Created by kiln (${run.resources.runId}) for ${making.plan.name} from ${volume}`;
  const tag = runTag(run.resources);
  const tags = { ...making.imageTags, ...making.snapshotTags, ...run.resources.tags };
  const owned = await run.resources.acquire(
    { kind: 'ec2:snapshot', account: ec2.account, name: description, with: { tag } },
    async () => {
      const id = await createOnce(
        run.signal,
        async () => {
          const create = () =>
            ec2.createSnapshot(
              { VolumeId: volume, Description: description, TagSpecifications: tagSpecs(tags, 'snapshot' as const) },
              run.signal,
            );
          const unseen = (error: unknown) => isKind(error, 'not-found');
          const reply = await whileAlive(ec2, machine.instanceId, run.signal, create, unseen, VISIBILITY);
          return reply.SnapshotId ?? '';
        },
        async () => {
          const filters = [{ Name: 'description', Values: [description] }, ...tagFilter(tag)];
          const found = await ec2.describeSnapshots({ OwnerIds: ['self'], Filters: filters }, run.signal);
          return found.Snapshots?.[0]?.SnapshotId;
        },
      );
      return { id, value: id };
    },
    undoWith(machine.aws),
    certainlyNotCreated,
  );
  await waitForSnapshot(ec2, owned.value, run.signal, percent =>
    run.ui.progress(`snapshot ${owned.value}`, percent, 100),
  );
  return owned;
}

/** The template's ami_block_device_mappings over what the instance has. */
function overlaid(mappings: readonly BlockDeviceMapping[], { plan }: Making): BlockDeviceMapping[] {
  const wanted = blockDeviceMappings(plan.mappings);
  const merged = mappings.flatMap(own => {
    const over = wanted.find(one => one.DeviceName === own.DeviceName);
    if (!over) return [own];
    if (over.NoDevice !== undefined) return [];
    const { Encrypted: _, KmsKeyId: __, ...ebs } = over.Ebs ?? {};
    return [{ DeviceName: own.DeviceName, Ebs: { ...ebs, SnapshotId: own.Ebs?.SnapshotId } }];
  });
  const added = wanted.filter(
    one => one.NoDevice === undefined && !mappings.some(own => own.DeviceName === one.DeviceName),
  );
  return [...merged, ...added];
}

function register(
  making: Making,
  instance: Instance,
  mappings: readonly BlockDeviceMapping[],
  snapshots: readonly Owned<string>[],
): Promise<MadeImage> {
  const { machine, plan } = making;
  return registerImage(
    making,
    { name: plan.name, final: true, snapshots },
    {
      ...registration(machine.sourceImage.image),
      RootDeviceName: instance.RootDeviceName,
      BlockDeviceMappings: [...mappings],
      ...(plan.options.ena_support !== undefined && { EnaSupport: plan.options.ena_support }),
      ...(plan.options.sriov_support && { SriovNetSupport: 'simple' }),
    },
  );
}
