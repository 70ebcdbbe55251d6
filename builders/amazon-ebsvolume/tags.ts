import type { Ec2Machine } from '../../src/aws/machine.ts';
import { sharedCalls } from '../../src/aws/shared-calls.ts';
import { renderTags } from '../../src/aws/tags.ts';
import { volumeAt, volumesOf } from '../../src/aws/volumes/of-instance.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import type { VolumePlan } from './volume-plan.ts';

/** Takes the tags of temporary volumes off those to make, and puts their own on them. */
export async function tagVolumes(
  run: RunContext,
  machine: Ec2Machine,
  plans: readonly VolumePlan[],
  temporary: Readonly<Record<string, string>>,
): Promise<void> {
  if (plans.length === 0) return;
  const volumes = await volumesOf(machine, run.signal);
  const ids = plans.map(plan => volumeAt(volumes, plan.device, machine.id));
  const passing = Object.keys(renderTags(run, temporary, machine.renderData)).filter(
    key => !(key in run.resources.tags),
  );
  if (passing.length > 0) {
    run.ui.say(`Removing the tags of temporary volumes from ${ids.join(', ')}`);
    await machine.ec2.deleteTags({ Resources: ids, Tags: passing.map(Key => ({ Key })) }, run.signal);
  }
  for (const [index, plan] of plans.entries()) {
    const tags = renderTags(run, plan.tags, machine.renderData);
    if (Object.keys(tags).length === 0) continue;
    const id = ids[index] ?? '';
    run.ui.say(`Adding tags to volume ${id} (${plan.device})...`);
    for (const [key, value] of Object.entries(tags)) run.ui.say(`Adding tag: "${key}": "${value}"`);
    await sharedCalls(machine.ec2).tag([id], tags, run.signal);
  }
}
