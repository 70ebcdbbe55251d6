import { sleep } from '../../sdk/async.ts';
import { KilnError } from '../../sdk/errors.ts';
import { type FastLaunchRegion, fastLaunchRegions } from '../rules/index.ts';
import type { MadeImage, Making } from './making.ts';

/** Longest wait for fast launch and the pause between looks (reference: 500 polls, 15 s apart). */
const LONGEST = 500 * 15_000;
const PAUSE = 15_000;
const FIRST_PAUSE = 250;
/** EnableFastLaunch may not see a new image for a while (reference: within 1 min). */
const VISIBLE_WITHIN = 60_000;

/** Has Windows fast launch prepare snapshots of an image in its region, and waits until that is switched on. */
export async function enableFastLaunch(making: Making, image: MadeImage): Promise<void> {
  const { run, plan, machine } = making;
  const wanted = plan.fastLaunch;
  if (!wanted) return;
  const { ec2, id } = image;
  const choice = fastLaunchRegions(wanted, machine.ec2.region).find(one => one.region === ec2.region);
  if (choice?.enabled === false) {
    run.ui.say(`Fast launch stays off for AMI ${id} in ${ec2.region}`);
    return;
  }
  run.ui.say(`Enabling fast launch for AMI ${id} in ${ec2.region}`);
  const template = choice && (await launchTemplate(image, choice, run.signal));
  await ec2.enableFastLaunch(
    {
      ImageId: id,
      ...(template && { LaunchTemplate: template }),
      ...(wanted.max_parallel_launches && { MaxParallelLaunches: wanted.max_parallel_launches }),
      ...(wanted.target_resource_count && {
        SnapshotConfiguration: { TargetResourceCount: wanted.target_resource_count },
      }),
    },
    run.signal,
    { notYet: () => true, within: VISIBLE_WITHIN },
  );
  await waitUntilEnabled(image, run.signal);
}

async function launchTemplate({ ec2 }: MadeImage, choice: FastLaunchRegion, signal: AbortSignal) {
  const { LaunchTemplates = [] } = await ec2.describeLaunchTemplates(
    choice.templateId
      ? { LaunchTemplateIds: [choice.templateId] }
      : { LaunchTemplateNames: [choice.templateName ?? ''] },
    signal,
  );
  const [found] = LaunchTemplates;
  const latest = found?.LatestVersionNumber ?? 0;
  const version = choice.templateVersion || latest;
  if (!found || LaunchTemplates.length !== 1 || version > latest) {
    throw new KilnError(
      `fast launch template ${choice.templateId ?? choice.templateName} ${found ? `has no version ${version}` : 'does not exist'} in ${ec2.region}`,
      { hint: 'check template_id or template_name and template_version in fast_launch', code: 'fast-launch-template' },
    );
  }
  return { LaunchTemplateId: found.LaunchTemplateId, Version: String(version) };
}

async function waitUntilEnabled({ ec2, id }: MadeImage, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, PAUSE)) {
    const { FastLaunchImages = [] } = await ec2.describeFastLaunchImages({ ImageIds: [id] }, signal);
    const state = FastLaunchImages[0]?.State ?? 'unknown';
    if (state === 'enabled') return;
    if (state === 'enabling-failed' || state === 'enabled-failed') {
      const reason = FastLaunchImages[0]?.StateTransitionReason;
      throw new KilnError(
        `fast launch could not be enabled for AMI ${id} in ${ec2.region}${reason ? `: ${reason}` : ''}`,
        {
          hint: 'it is for Windows images only; check the launch template and the account limits',
          code: 'fast-launch-failed',
        },
      );
    }
    if (performance.now() - started > (ec2.polling.longest ?? LONGEST)) {
      throw new KilnError(`fast launch of AMI ${id} in ${ec2.region} is ${state}, not enabled, after a long wait`, {
        code: 'aws-timeout',
      });
    }
    await sleep(ec2.polling.delay ?? pause, signal);
  }
}
