import { modifyInstance } from '../../src/aws/image/create.ts';
import { settleAll } from '../../src/aws/launch/settle-all.ts';
import type { Ec2Machine } from '../../src/aws/machine.ts';
import { sharedCalls } from '../../src/aws/shared-calls.ts';
import { finishedTags, renderTags } from '../../src/aws/tags.ts';
import { volumeAt, volumesOf } from '../../src/aws/volumes/of-instance.ts';
import { completed, shareSnapshot, startSnapshot } from '../../src/aws/volumes/snapshot.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import type { Owned } from '../../src/sdk/resources.ts';
import { volumeArtifact } from './artifact.ts';
import type { EbsVolumeOptions } from './schema.ts';
import type { SnapshotPlan, VolumePlan } from './volume-plan.ts';

interface Snapshotted {
  readonly plan: SnapshotPlan;
  readonly owned: Owned<string>;
}

/**
 * Stops the instance, makes the snapshots, and last of all marks volumes and snapshots as finished: until then they go
 * with a build that fails.
 */
export async function finishVolumes(
  run: RunContext,
  machine: Ec2Machine,
  plans: readonly VolumePlan[],
  options: EbsVolumeOptions,
): Promise<Artifact> {
  const { ec2 } = machine;
  await machine.stop(run.ui, run.signal);
  await modifyInstance(run, machine, options);
  const volumes = await volumesOf(machine, run.signal);
  const at = (plan: VolumePlan): string => volumeAt(volumes, plan.device, machine.id);
  const snapshots = await takeSnapshots(run, machine, plans, at);
  for (const { plan, owned } of snapshots) await shareSnapshot(run, ec2, owned.value, plan);

  const kept = plans.filter(plan => plan.kept).map(at);
  const products = [...kept, ...snapshots.map(one => one.owned.value)];
  const finished = finishedTags(run.resources);
  if (products.length > 0 && Object.keys(finished).length > 0) {
    await sharedCalls(ec2).tag(products, finished, run.signal);
  }
  for (const { owned } of snapshots) await owned.keep();
  machine.keepVolumes();
  return volumeArtifact(
    machine,
    kept,
    snapshots.map(one => one.owned.value),
  );
}

/** All at once; each is complete when it ends. */
async function takeSnapshots(
  run: RunContext,
  machine: Ec2Machine,
  plans: readonly VolumePlan[],
  at: (plan: VolumePlan) => string,
): Promise<Snapshotted[]> {
  const wanted = plans.flatMap(plan => (plan.snapshot ? [{ volume: at(plan), plan: plan.snapshot }] : []));
  return settleAll<Snapshotted[]>(
    ...wanted.map(async ({ volume, plan }) => {
      run.ui.say(`Creating a snapshot of volume ${volume}`);
      const owned = await startSnapshot(run, machine.aws, {
        volume,
        description: plan.description,
        tags: renderTags(run, plan.tags, machine.renderData),
        purpose: 'ebsvolume',
      });
      await completed(run, machine.ec2, owned);
      return { plan, owned };
    }),
  );
}
