import { messageOf } from '../../sdk/errors.ts';
import type { Ec2 } from '../client/index.ts';
import { literal } from '../launch/pre-validate.ts';
import { tagMap, tagSpecs } from '../tags.ts';
import type { Image } from '../types.ts';
import { deleteSnapshots } from '../undo.ts';
import { snapshotIds } from '../waits.ts';
import type { Making } from './making.ts';
import { registeredMappings, registration } from './registration.ts';
import { canRegister } from './snapshot-first.ts';

/** How long the old images may take to come back after a failure, in milliseconds. */
const RESTORE_PATIENCE = 5 * 60_000;

/**
 * Images of the wanted name that a new one replaces. They go at the last moment, when the new one only needs the name,
 * and come back when it does not get there.
 */
export class Replaced {
  readonly #making: Making;
  readonly #gone: { readonly ec2: Ec2; readonly image: Image }[] = [];

  constructor(making: Making) {
    this.#making = making;
  }

  /** The account's images of the wanted name in a region; none unless they are to be replaced. */
  async find(ec2: Ec2): Promise<readonly Image[]> {
    const { plan, run } = this.#making;
    if (!plan.replace) return [];
    const { Images = [] } = await ec2.describeImages(
      { Owners: ['self'], Filters: [{ Name: 'name', Values: [literal(plan.name)] }] },
      run.signal,
    );
    return Images.filter(image => image.Name === plan.name);
  }

  /** Frees the name in a region. */
  async free(ec2: Ec2, images: readonly Image[]): Promise<void> {
    const { run } = this.#making;
    for (const image of images) {
      await ec2.deregisterImage({ ImageId: image.ImageId }, run.signal);
      this.#gone.push({ ec2, image });
      run.ui.say(`Deregistered AMI ${image.ImageId} in ${ec2.region}, whose name the new one gets`);
    }
  }

  /** The new images are there: what the old ones leave behind goes if the template says so. */
  async finish(): Promise<void> {
    const { plan, run } = this.#making;
    if (!plan.options.force_delete_snapshot) return;
    for (const { ec2, image } of this.#gone) {
      const ids = snapshotIds(image);
      await deleteSnapshots(ec2, ids, run.signal);
      for (const id of ids) run.ui.say(`Deleted snapshot ${id} in ${ec2.region}`);
    }
  }

  /** The new images did not come about: registers the old ones again. Never throws. */
  async restore(): Promise<void> {
    const { ui } = this.#making.run;
    for (const { ec2, image } of this.#gone) {
      const was = `AMI ${image.ImageId} "${image.Name}" in ${ec2.region}`;
      if (!canRegister(image)) {
        ui.error(`${was} cannot be registered again, as it has a platform or billing codes; its snapshots are kept.`);
        continue;
      }
      try {
        const reply = await registerAgain(ec2, image, AbortSignal.timeout(RESTORE_PATIENCE));
        ui.say(`The old image is back: ${was} is registered again as ${reply.ImageId}`);
      } catch (error) {
        const ids = snapshotIds(image).join(', ');
        ui.error(`${was} could not be registered again: ${messageOf(error)}. Its snapshots are kept: ${ids}`);
      }
    }
  }
}

function registerAgain(ec2: Ec2, image: Image, signal: AbortSignal) {
  return ec2.registerImage(
    {
      ...registration(image),
      Name: image.Name,
      ...(image.Description && { Description: image.Description }),
      RootDeviceName: image.RootDeviceName,
      BlockDeviceMappings: registeredMappings(image),
      TagSpecifications: tagSpecs(tagMap(image.Tags), 'image' as const),
    },
    signal,
  );
}
