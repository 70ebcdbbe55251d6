import type { PostProcessContext } from '../../sdk/plugin.ts';
import { randomName } from '../launch/names.ts';
import { checkRegions } from '../launch/pre-validate.ts';
import type { Ec2Machine } from '../machine.ts';
import { copyRegions } from '../rules/index.ts';
import type { Image } from '../types.ts';
import { copyImage } from './copy.ts';
import { type MadeImage, type Making, startMaking } from './making.ts';
import { inAllRegions } from './partial.ts';
import type { ImagePlan } from './plan.ts';
import { protectImage, publishImage, tagFinished } from './publish.ts';
import { Replaced } from './replace.ts';
import { instanceSource } from './source.ts';

/**
 * Makes an image of the machine in all regions of the plan: stop, image, copies, then - only when all are complete -
 * sharing and protection everywhere, and last of all the tags, with the mark of a finished image. Gives the ids by
 * region. When anything fails nothing stays, and images that were to be replaced come back.
 */
export async function makeImages(
  run: PostProcessContext,
  machine: Ec2Machine,
  plan: ImagePlan,
): Promise<ReadonlyMap<string, string>> {
  const making = startMaking(run, machine, plan);
  const regions = copyRegions(plan.options.ami_regions, machine.ec2.region);
  if (!plan.prevalidated && regions.length > 0 && !plan.options.skip_region_validation) {
    await checkRegions(machine.ec2, regions, run.signal);
  }
  const replaced = new Replaced(making);
  let made: MadeImage[] = [];
  try {
    for await (const image of imagesOf(making, regions, replaced, run)) made.push(image);
    for (const step of [publishImage, protectImage, tagFinished])
      made = await inAllRegions(making, made, replaced, step);
  } catch (error) {
    // The name must be free again before an old image can have it back.
    for (const image of making.owned) await image.release();
    await replaced.restore();
    throw error;
  }
  for (const image of made) await image.owned.keep();
  await replaced.finish();
  return new Map(made.map(image => [image.ec2.region, image.id]));
}

/**
 * The final images, as soon as each is complete; temporary ones are gone when it ends. `known`: the image to be replaced,
 * where a first look had overlooked it.
 */
async function* imagesOf(
  making: Making,
  regions: readonly string[],
  replaced: Replaced,
  run: PostProcessContext,
  known?: readonly Image[],
): AsyncGenerator<MadeImage> {
  const { machine, plan } = making;
  const { encrypt_boot: encrypt, skip_save_build_region: elsewhere } = plan.options;
  const old = known ?? (elsewhere ? [] : await replaced.find(machine.ec2));
  const source = machine.imageSource ?? instanceSource(machine, plan, old.length > 0);
  const viaCopy = encrypt === true || elsewhere === true || (old.length > 0 && !source.completeFirst);
  const make = await source.prepare(making, viaCopy);

  if (viaCopy) {
    const temporary = await make(randomName(7), false);
    run.doneWithMachine();
    const targets = elsewhere ? regions : [machine.ec2.region, ...regions];
    yield* await copyImage(making, temporary, targets, replaced);
    run.ui.say(`Removing the temporary AMI ${temporary.id}`);
    await temporary.owned.release();
    return;
  }
  await replaced.free(machine.ec2, old);
  let main: MadeImage;
  try {
    main = await make(plan.name, true);
  } catch (error) {
    const overlooked = known ? [] : await replaced.overlooked(machine.ec2, error);
    if (overlooked.length === 0) throw error;
    return yield* imagesOf(making, regions, replaced, run, overlooked);
  }
  run.doneWithMachine();
  yield main;
  yield* await copyImage(making, main, regions, replaced);
}
