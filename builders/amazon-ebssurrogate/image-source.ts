import { createFromInstance, modifyInstance } from '../../src/aws/image/create.ts';
import type { Making } from '../../src/aws/image/making.ts';
import { registerImage } from '../../src/aws/image/register.ts';
import type { ImageSource, MakeImage } from '../../src/aws/image/source.ts';
import { settleAll } from '../../src/aws/launch/settle-all.ts';
import type { Ec2Machine } from '../../src/aws/machine.ts';
import { volumeAt, volumesOf } from '../../src/aws/volumes/of-instance.ts';
import { completed, startSnapshot } from '../../src/aws/volumes/snapshot.ts';
import type { Owned } from '../../src/sdk/resources.ts';
import { imageDevices, imageMappings } from './devices.ts';
import type { SurrogateOptions } from './schema.ts';
import { swapVolumes } from './swap.ts';

/** Makes images whose root is the surrogate volume: from snapshots, or by CreateImage with the root volume swapped. */
export function surrogateSource(machine: Ec2Machine, options: SurrogateOptions): ImageSource {
  let swapped: Promise<void> | undefined;
  const rest = async (making: Making): Promise<void> => {
    await machine.stop(making.run.ui, making.run.signal);
    if (!machine.spot) await modifyInstance(making.run, machine, making.plan.options);
  };
  if (options.use_create_image) {
    return {
      completeFirst: false,
      async prepare(making) {
        await rest(making);
        swapped ??= swapVolumes(making.run, machine, options);
        await swapped;
        const mappings = imageMappings(options, making.plan.mappings, undefined);
        return (name, final) => createFromInstance(making, name, final, mappings);
      },
    };
  }
  return {
    completeFirst: true,
    async prepare(making) {
      await rest(making);
      return registerSurrogate(making, options, await snapshotDevices(making, options));
    },
  };
}

/** Complete snapshots of the devices that go into the image, by device name. */
async function snapshotDevices(making: Making, options: SurrogateOptions): Promise<ReadonlyMap<string, Owned<string>>> {
  const { run, machine } = making;
  const volumes = await volumesOf(machine, run.signal);
  const wanted = imageDevices(options).map(({ device_name: device }) => ({
    device,
    volume: volumeAt(volumes, device, machine.instanceId),
  }));
  run.ui.say(`Creating snapshots of ${wanted.map(one => one.volume).join(', ')}`);
  const made = await settleAll<Owned<string>[]>(
    ...wanted.map(async ({ volume }) => {
      const owned = await startSnapshot(run, machine.aws, {
        volume,
        description: options.snapshot_description,
        tags: { ...making.imageTags, ...making.snapshotTags },
        purpose: making.plan.name,
      });
      await completed(run, machine.ec2, owned);
      return owned;
    }),
  );
  return new Map(wanted.flatMap(({ device }, index) => (made[index] ? [[device, made[index]] as const] : [])));
}

function registerSurrogate(
  making: Making,
  options: SurrogateOptions,
  snapshots: ReadonlyMap<string, Owned<string>>,
): MakeImage {
  const ids = new Map([...snapshots].map(([device, owned]) => [device, owned.value]));
  const { plan } = making;
  return (name, final) =>
    registerImage(
      making,
      { name, final, snapshots: [...snapshots.values()] },
      {
        Architecture: architectureOf(options),
        VirtualizationType: options.ami_virtualization_type,
        RootDeviceName: options.ami_root_device.device_name,
        BlockDeviceMappings: imageMappings(options, plan.mappings, ids),
        ...(options.boot_mode && { BootMode: options.boot_mode as 'uefi' }),
        ...(options.uefi_data && { UefiData: options.uefi_data }),
        ...(options.tpm_support && { TpmSupport: options.tpm_support as 'v2.0' }),
        ...(plan.options.ena_support && { EnaSupport: true }),
        ...(plan.options.sriov_support && { SriovNetSupport: 'simple' }),
      },
    );
}

function architectureOf(options: SurrogateOptions): 'x86_64' {
  return (options.ami_architecture || 'x86_64') as 'x86_64';
}
