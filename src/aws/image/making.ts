import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Ec2 } from '../client/index.ts';
import type { Ec2Machine } from '../machine.ts';
import { renderTags } from '../tags.ts';
import type { Image } from '../types.ts';
import { snapshotIds } from '../waits.ts';
import type { ImagePlan } from './plan.ts';

type Pairs = Readonly<Record<string, string>>;

/** An image of this build in one region, complete. */
export interface MadeImage {
  readonly ec2: Ec2;
  readonly id: string;
  readonly snapshots: readonly string[];
  readonly owned: Owned<Image>;
}

/** What all steps of making an image share; all late texts are rendered. */
export interface Making {
  readonly run: RunContext;
  readonly machine: Ec2Machine;
  readonly plan: ImagePlan;
  readonly description: string | undefined;
  /** Tags of the finished image, without the run's own. */
  readonly imageTags: Pairs;
  /** Tags from `tags` alone: what the template wants on the snapshots too. */
  readonly tags: Pairs;
  readonly snapshotTags: Pairs;
  /** Every image made so far, complete or not. */
  readonly owned: Owned<unknown>[];
}

/** Renders what the plan left for the run. Throws KilnError when a template is wrong. */
export function startMaking(run: RunContext, machine: Ec2Machine, plan: ImagePlan): Making {
  const data = machine.renderData;
  const tags = renderTags(run, plan.tags, data);
  const runTags = plan.options.skip_ami_run_tags ? {} : machine.runTags;
  return {
    run,
    machine,
    plan,
    description: plan.options.ami_description ? run.render(plan.options.ami_description, data) : undefined,
    tags,
    imageTags: { ...runTags, ...tags },
    snapshotTags: renderTags(run, plan.snapshotTags, data),
    owned: [],
  };
}

export function madeImage(ec2: Ec2, owned: Owned<Image>): MadeImage {
  return { ec2, id: owned.ref.id, snapshots: snapshotIds(owned.value), owned };
}

/** The image with the snapshots it was registered from: kept with it. With it gone they go too, as its own. */
export function withSnapshots(made: MadeImage, snapshots: readonly Owned<unknown>[]): MadeImage {
  const { owned } = made;
  return {
    ...made,
    owned: {
      ...owned,
      keep: async () => {
        await owned.keep();
        for (const one of snapshots) await one.keep();
      },
    },
  };
}
