import { createAws } from '../../src/aws/client/index.ts';
import type { ImagePlan } from '../../src/aws/image/plan.ts';
import { instanceIdentity } from '../../src/aws/imds.ts';
import { preValidate } from '../../src/aws/launch/pre-validate.ts';
import { imageChecks } from '../../src/aws/launch/settings.ts';
import type { Ec2Machine } from '../../src/aws/machine.ts';
import { renderTags } from '../../src/aws/tags.ts';
import { undoWith } from '../../src/aws/undo.ts';
import { attachVolume, detachVolume } from '../../src/aws/volumes/attach.ts';
import { createVolume } from '../../src/aws/volumes/create.ts';
import { mountParts } from '../../src/aws/volumes/left-mounts.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import { apiDevice, freeDevice, nameOf, partitionOf, shownDevice } from './device.ts';
import { withDeviceLock } from './device-lock.ts';
import { hostOf } from './host.ts';
import { volumeSource } from './image-source.ts';
import { Place } from './place.ts';
import type { ChrootSettings } from './settings.ts';
import { findBase } from './source.ts';

/**
 * Attaches a volume to this instance and readies a chroot on it (reference: amazon-chroot.json, steps). The machine
 * that comes of it is the folder; to stop it is to leave the folder and detach the volume.
 */
export async function enterVolume(run: RunContext, settings: ChrootSettings, plan: ImagePlan): Promise<Ec2Machine> {
  if (process.platform !== 'linux') {
    throw new KilnError(`chroot builds run on Linux only; this is ${process.platform}`, { code: 'unsupported-host' });
  }
  const { options } = settings;
  const identity = await instanceIdentity(run.signal);
  const access = { ...options, region: options.region || identity.region };
  const aws = await createAws(access, { local: run.build.local, secret: value => run.secret(value) });
  const ec2 = aws.ec2();
  if (ec2.region !== identity.region && !run.build.local) {
    throw new KilnError(`this instance is in ${identity.region}, but the image is to be made in ${ec2.region}`, {
      hint: `leave region out, set it to "${identity.region}", or add "${ec2.region}" to ami_regions`,
      code: 'aws-region',
    });
  }
  await preValidate(run, aws, { access: options, run: {}, image: imageChecks(options, plan.replace) });
  const { Reservations = [] } = await ec2.describeInstances({ InstanceIds: [identity.instanceId] }, run.signal);
  const zone = Reservations[0]?.Instances?.[0]?.Placement?.AvailabilityZone || identity.availabilityZone;
  const base = await findBase(run, ec2, options);

  const host = hostOf(run, settings.wrapper);
  const entered = await withDeviceLock(run.signal, async () => {
    const device = options.device_path || freeDevice();
    const place = new Place(run.render(settings.mountPath, { Device: nameOf(device) }), host, run.ui);
    run.ui.say('Creating the root volume...');
    const undo = undoWith(aws);
    const volume = await createVolume(
      run,
      aws,
      { ...base.volume, AvailabilityZone: zone },
      renderTags(run, settings.volumeTags, base.image.renderData),
      async (ref, signal) => {
        await place.leave(signal);
        await undo(ref, signal);
      },
      mountParts(place.path),
    );
    run.ui.say(`Attaching volume ${volume.value} to this instance as ${device}`);
    const to = { instance: identity.instanceId, device: apiDevice(device) };
    await attachVolume(ec2, volume.value, to, run.signal);
    return { device, place, volume };
  });
  const { device, place, volume } = entered;

  const shown = await shownDevice(device, volume.value, options.nvme_device_path, run.signal);
  if (options.pre_mount_commands?.length) run.ui.say('Running the commands before mounting...');
  for (const command of options.pre_mount_commands ?? []) await host.show(run.render(command, { Device: shown }));
  run.ui.say(`Mounting the root device on ${place.path}...`);
  const root = await partitionOf(shown, settings.partition, base.virtualization !== 'hvm', run.signal);
  await place.mountRoot(root, options.mount_options ?? []);
  if (options.post_mount_commands?.length) run.ui.say('Running the commands after mounting...');
  for (const command of options.post_mount_commands ?? []) {
    await host.show(run.render(command, { Device: shown, MountPath: place.path }));
  }
  for (const mount of settings.mounts) await place.mountExtra(mount);
  for (const file of settings.copyFiles) await place.copy(file);

  let left: Promise<void> | undefined;
  const leave = async (signal: AbortSignal): Promise<void> => {
    run.ui.say('Leaving the chroot...');
    await place.leave(signal);
    run.ui.say(`Detaching volume ${volume.value}`);
    await detachVolume(ec2, volume.value, signal);
  };
  return {
    id: identity.instanceId,
    instanceId: identity.instanceId,
    aws,
    ec2,
    sourceImage: base.image,
    spot: false,
    renderData: base.image.renderData,
    runTags: {},
    buildData: { ...base.image.buildData, Device: shown, MountPath: place.path },
    chroot: { path: place.path, wrap: command => host.wrap(command) },
    imageSource: volumeSource(volume.value, base, options),
    async target() {
      throw new KilnError('a chroot has no address to connect to');
    },
    stop(_, signal) {
      left ??= leave(signal);
      return left;
    },
    keepVolumes() {},
    releaseSoon: () => volume.releaseSoon(),
  };
}
