import { messageOf } from '../../sdk/errors.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Ec2 } from '../client/index.ts';
import { certainlyNotCreated } from '../policy/aws-error.ts';
import { sharedCalls } from '../shared-calls.ts';
import { runTag } from '../tags.ts';
import type { Image } from '../types.ts';
import { deleteSnapshots } from '../undo.ts';
import { snapshotIds } from '../waits.ts';
import { bringBack, doomedSnapshots, replacedParts } from './bring-back.ts';
import type { Making } from './making.ts';
import { canRegister } from './snapshot-first.ts';

/**
 * Images of the wanted name that a new one replaces. They go at the last moment, when the new one only needs the name,
 * and come back when it does not get there: what was deregistered is in the ledger, so `kiln gc` brings it back too.
 */
export class Replaced {
  readonly #making: Making;
  readonly #gone: Owned<Image>[] = [];
  /** Snapshots are all that is left of images that cannot be registered again. */
  readonly #unrestorable: { readonly ec2: Ec2; readonly image: Image }[] = [];
  #finished = false;

  constructor(making: Making) {
    this.#making = making;
  }

  /** The account's images of the wanted name in a region; none unless they are to be replaced. */
  async find(ec2: Ec2): Promise<readonly Image[]> {
    const { plan, run } = this.#making;
    if (!plan.replace) return [];
    return sharedCalls(ec2).imagesNamed(plan.name, run.signal);
  }

  /** Frees the name in a region. */
  async free(ec2: Ec2, images: readonly Image[]): Promise<void> {
    const { run } = this.#making;
    for (const image of images) {
      if (canRegister(image)) this.#gone.push(await this.#takeAway(ec2, image));
      else {
        await ec2.deregisterImage({ ImageId: image.ImageId }, run.signal);
        this.#unrestorable.push({ ec2, image });
      }
      run.ui.say(`Deregistered AMI ${image.ImageId} in ${ec2.region}, whose name the new one gets`);
    }
  }

  /** The new images are there: what the old ones leave behind goes if the template says so. Never throws. */
  async finish(): Promise<void> {
    this.#finished = true;
    for (const old of this.#gone) await old.release();
    const { plan, run } = this.#making;
    if (!plan.options.force_delete_snapshot) return;
    for (const { ec2, image } of this.#unrestorable) {
      await this.#deleteSnapshots(ec2, snapshotIds(image), run.signal).catch(error =>
        run.ui.error(`Snapshots of the replaced AMI ${image.ImageId} could not be deleted: ${messageOf(error)}`),
      );
    }
  }

  /** The new images did not come about: registers the old ones again. Never throws. */
  async restore(): Promise<void> {
    for (const old of this.#gone) await old.release();
    const { ui } = this.#making.run;
    for (const { ec2, image } of this.#unrestorable)
      ui.error(
        `AMI ${image.ImageId} "${image.Name}" in ${ec2.region} cannot be registered again, as it has a platform or billing codes; its snapshots are kept.`,
      );
  }

  /** Deregisters an image. Its undo brings it back, or once the new ones are finished removes what is left of it. */
  #takeAway(ec2: Ec2, image: Image): Promise<Owned<Image>> {
    const { run, plan } = this.#making;
    const id = image.ImageId ?? '';
    const parts = replacedParts(image, runTag(run.resources), plan.options.force_delete_snapshot === true);
    return run.resources.acquire<Image>(
      { kind: 'ec2:replaced-image', account: ec2.account, name: plan.name, with: parts },
      async () => {
        await ec2.deregisterImage({ ImageId: id }, run.signal);
        return { id, value: image };
      },
      async (ref, signal) => {
        if (this.#finished) return this.#deleteSnapshots(ec2, doomedSnapshots(ref), signal);
        const again = await bringBack(ref, ec2, signal);
        if (again)
          run.ui.say(
            `The old image is back: AMI ${id} "${image.Name}" in ${ec2.region} is registered again as ${again}`,
          );
      },
      certainlyNotCreated,
    );
  }

  async #deleteSnapshots(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<void> {
    await deleteSnapshots(ec2, ids, signal);
    for (const id of ids) this.#making.run.ui.say(`Deleted snapshot ${id} in ${ec2.region}`);
  }
}
