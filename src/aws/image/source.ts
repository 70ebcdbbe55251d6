import type { Ec2Machine } from '../machine.ts';
import { createFromInstance, modifyInstance } from './create.ts';
import type { MadeImage, Making } from './making.ts';
import type { ImagePlan } from './plan.ts';
import { canRegister, snapshotInstance } from './snapshot-first.ts';

/** Makes the image under a name. `final` images carry the template's tags and description already. */
export type MakeImage = (name: string, final: boolean) => Promise<MadeImage>;

/** How the first image of a machine comes about; copies and publication are the same for all. */
export interface ImageSource {
  /** What the image is made of is complete before the image needs its name: an old one may keep it until then. */
  readonly completeFirst: boolean;
  /**
   * Brings the machine to rest and readies what the image is made of. `temporary`: the image only serves to be copied.
   */
  prepare(making: Making, temporary: boolean): Promise<MakeImage>;
}

/**
 * An image of an instance: by CreateImage, or by snapshots and RegisterImage when an image of that name is `replaced`
 * or the template asks for snapshot_first.
 */
export function instanceSource(machine: Ec2Machine, plan: ImagePlan, replaced: boolean): ImageSource {
  // A spot instance is imaged while it runs, which only CreateImage does safely.
  const registrable = canRegister(machine.sourceImage.image) && !machine.spot;
  const snapshots = registrable && (replaced || plan.options.snapshot_first === true);
  return {
    completeFirst: registrable,
    async prepare(making, temporary) {
      await machine.stop(making.run.ui, making.run.signal);
      await modifyInstance(making.run, machine, plan.options);
      if (!snapshots || temporary) return (name, final) => createFromInstance(making, name, final);
      const ready = await snapshotInstance(making);
      return () => ready.register();
    },
  };
}
