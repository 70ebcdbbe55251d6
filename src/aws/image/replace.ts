import { sleep } from '../../sdk/async.ts';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Ec2 } from '../client/index.ts';
import { certainlyNotCreated } from '../policy/aws-error.ts';
import { gone } from '../removal.ts';
import { sharedCalls } from '../shared-calls.ts';
import { runTag } from '../tags.ts';
import type { Image } from '../types.ts';
import { snapshotIds } from '../waits.ts';
import { NAME_TAKEN } from './acquire.ts';
import { bringBack, doomedSnapshots, replacedParts } from './bring-back.ts';
import type { Making } from './making.ts';
import { checkUnprotected } from './protection.ts';
import { publicationOf } from './publication.ts';
import { deleteSnapshots } from './remove.ts';
import { canRegister } from './snapshot-first.ts';

/** Pauses before looks for an image whose name is taken though no list has it yet, in milliseconds. */
const LOOKS = [0, 500, 1000, 2000, 4000, 8000];

/**
 * Images of the wanted name that a new one replaces. They go at the last moment, when the new one only needs the name,
 * and come back when it does not get there: what was deregistered is in the ledger, so `kiln gc` brings it back too.
 */
export class Replaced {
  readonly #making: Making;
  #gone: { readonly ec2: Ec2; readonly owned: Owned<Image> }[] = [];
  /** Snapshots are all that is left of images that cannot be registered again. */
  #unrestorable: { readonly ec2: Ec2; readonly image: Image }[] = [];
  #finished = false;

  constructor(making: Making) {
    this.#making = making;
  }

  /**
   * The account's images of the wanted name in a region; none unless they are to be replaced. Throws KilnError when one is
   * protected from that.
   */
  async find(ec2: Ec2): Promise<readonly Image[]> {
    const { plan, run } = this.#making;
    if (!plan.replace) return [];
    const images = await sharedCalls(ec2).imagesNamed(plan.name, run.signal);
    for (const image of images) checkUnprotected(image, ec2);
    return images;
  }

  /**
   * The images in the way of a name that EC2 called taken just now, though it listed none before: its lists lag. None
   * when the error says something else, or nothing is to be replaced.
   */
  async overlooked(ec2: Ec2, error: unknown): Promise<readonly Image[]> {
    const { plan, run } = this.#making;
    if (!plan.replace || !(error instanceof KilnError) || error.code !== NAME_TAKEN) return [];
    for (const pause of LOOKS) {
      await sleep(pause, run.signal);
      const images = await this.find(ec2);
      if (images.length > 0) return images;
    }
    return [];
  }

  /** Frees the name in a region. */
  async free(ec2: Ec2, images: readonly Image[]): Promise<void> {
    const { run } = this.#making;
    for (const image of images) {
      if (canRegister(image)) this.#gone.push({ ec2, owned: await this.#takeAway(ec2, image) });
      else {
        await gone(() => ec2.deregisterImage({ ImageId: image.ImageId }, run.signal));
        this.#unrestorable.push({ ec2, image });
      }
      run.ui.say(`Deregistered AMI ${image.ImageId} in ${ec2.region}, whose name the new one gets`);
    }
  }

  /** The new images are there: what the old ones leave behind goes if the template says so. Never throws. */
  async finish(): Promise<void> {
    this.#finished = true;
    for (const { owned } of this.#gone) await owned.release();
    const { plan, run } = this.#making;
    if (!plan.options.force_delete_snapshot) return;
    for (const { ec2, image } of this.#unrestorable) {
      await this.#deleteSnapshots(ec2, snapshotIds(image), run.signal).catch(error =>
        run.ui.error(`Snapshots of the replaced AMI ${image.ImageId} could not be deleted: ${messageOf(error)}`),
      );
    }
  }

  /** The new images did not come about, at all or in one region: registers the old ones again. Never throws. */
  async restore(region?: string): Promise<void> {
    const concerns = (one: { readonly ec2: Ec2 }): boolean => region === undefined || one.ec2.region === region;
    for (const { owned } of this.#gone.filter(concerns)) await owned.release();
    const { ui } = this.#making.run;
    for (const { ec2, image } of this.#unrestorable.filter(concerns))
      ui.error(
        `AMI ${image.ImageId} "${image.Name}" in ${ec2.region} cannot be registered again, as it has a platform or billing codes; its snapshots are kept.`,
      );
    this.#gone = this.#gone.filter(one => !concerns(one));
    this.#unrestorable = this.#unrestorable.filter(one => !concerns(one));
  }

  /** Deregisters an image. Its undo brings it back, or once the new ones are finished removes what is left of it. */
  async #takeAway(ec2: Ec2, image: Image): Promise<Owned<Image>> {
    const { run, plan } = this.#making;
    const id = image.ImageId ?? '';
    const publication = await publicationOf(image, ec2, run.signal);
    const parts = replacedParts(image, publication, runTag(run.resources), plan.options.force_delete_snapshot === true);
    return run.resources.acquire<Image>(
      { kind: 'ec2:replaced-image', account: ec2.account, name: plan.name, with: parts },
      async () => {
        // Not there: an earlier try, whose answer was lost, has done it.
        await gone(() => ec2.deregisterImage({ ImageId: id }, run.signal));
        return { id, value: image };
      },
      async (ref, signal) => {
        if (this.#finished) return this.#deleteSnapshots(ec2, doomedSnapshots(ref), signal);
        const again = await bringBack(ref, ec2, signal);
        if (again)
          run.ui.say(
            `The old image is back: AMI ${id} "${image.Name}" in ${ec2.region} is registered again as ${again}, with its description, tags, sharing, deprecation and snapshots`,
          );
      },
      certainlyNotCreated,
    );
  }

  async #deleteSnapshots(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<void> {
    await deleteSnapshots(ids, { ec2, signal, fresh: false });
    for (const id of ids) this.#making.run.ui.say(`Deleted snapshot ${id} in ${ec2.region}`);
  }
}
