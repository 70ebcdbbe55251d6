import type { RunContext } from '../../sdk/plugin.ts';
import { isKind } from '../policy/aws-error.ts';
import { sharedCalls } from '../shared-calls.ts';
import { finishedTags } from '../tags.ts';
import { shareSnapshot } from '../volumes/snapshot.ts';
import { enableFastLaunch } from './fast-launch.ts';
import type { MadeImage, Making } from './making.ts';
import type { ImageOptions } from './plan.ts';

/**
 * Deprecates and shares an image in one region. Called when the image is complete in all regions; sharing
 * comes late, so that others see a finished image (reference: steps 20 to 25).
 */
export async function publishImage(making: Making, image: MadeImage): Promise<void> {
  const { options } = making.plan;
  await enableFastLaunch(making, image);
  if (options.deprecate_at) {
    making.run.ui.say(`Deprecating AMI ${image.id} in ${image.ec2.region} at ${options.deprecate_at}`);
    await image.ec2.enableImageDeprecation(
      { ImageId: image.id, DeprecateAt: new Date(options.deprecate_at) },
      making.run.signal,
    );
  }
  await shareSnapshots(making, image);
  await modifyImage(making.run, options, image);
}

/** Protects an image from deregistration when the template wants it: late, as with a cooldown there is no way back for a day. */
export async function protectImage({ run, plan }: Making, image: MadeImage): Promise<void> {
  const protection = plan.options.deregistration_protection;
  if (protection?.enabled || protection?.with_cooldown) {
    run.ui.say(`Protecting AMI ${image.id} in ${image.ec2.region} from deregistration`);
    await image.ec2.enableImageDeregistrationProtection(
      { ImageId: image.id, WithCooldown: protection.with_cooldown === true },
      run.signal,
    );
  }
}

/**
 * Tags image and snapshots, and in the same call marks them as finished: the very last step, when all else is done in
 * all regions. Whoever finds the mark finds a product, not a leftover.
 */
export async function tagFinished(
  making: Pick<Making, 'run' | 'tags' | 'snapshotTags'>,
  image: MadeImage,
): Promise<void> {
  const { run, tags, snapshotTags } = making;
  const { ec2, id, snapshots } = image;
  const finished = finishedTags(run.resources);
  const put = async (ids: readonly string[], pairs: Readonly<Record<string, string>>): Promise<void> => {
    if (ids.length > 0 && Object.keys(pairs).length > 0) await sharedCalls(ec2).tag(ids, pairs, run.signal);
  };
  if (Object.keys(tags).length > 0) {
    run.ui.say(`Adding tags to AMI (${id})...`);
    for (const [key, value] of Object.entries(tags)) run.ui.say(`Adding tag: "${key}": "${value}"`);
  }
  if (Object.keys(snapshotTags).length === 0 || snapshots.length === 0)
    return put([id, ...snapshots], { ...tags, ...finished });
  run.ui.say(`Adding tags to snapshots (${snapshots.join(', ')})...`);
  await put(snapshots, { ...tags, ...snapshotTags, ...finished });
  await put([id], { ...tags, ...finished });
}

type Attributes = Pick<
  ImageOptions,
  'imds_support' | 'ami_product_codes' | 'ami_groups' | 'ami_users' | 'ami_org_arns' | 'ami_ou_arns'
>;

const visible = { notYet: (error: unknown) => isKind(error, 'not-found') };

async function shareSnapshots({ run, plan }: Making, image: MadeImage): Promise<void> {
  const { snapshot_users: users = [], snapshot_groups: groups = [] } = plan.options;
  for (const id of image.snapshots) await shareSnapshot(run, image.ec2, id, { users, groups });
}

/** Sets an image's attributes and shares it. */
export async function modifyImage(run: RunContext, options: Attributes, image: MadeImage): Promise<void> {
  const modify = (
    what: string,
    attribute: Omit<Parameters<MadeImage['ec2']['modifyImageAttribute']>[0], 'ImageId'>,
  ) => {
    run.ui.say(`Modifying ${what} of AMI ${image.id} in ${image.ec2.region}`);
    return image.ec2.modifyImageAttribute({ ImageId: image.id, ...attribute }, run.signal, visible);
  };
  if (options.imds_support) await modify('metadata service version', { ImdsSupport: { Value: options.imds_support } });
  const codes = options.ami_product_codes ?? [];
  if (codes.length > 0) await modify('product codes', { Attribute: 'productCodes', ProductCodes: [...codes] });
  const Add = [
    ...(options.ami_groups ?? []).map(Group => ({ Group: Group as 'all' })),
    ...(options.ami_users ?? []).map(UserId => ({ UserId })),
    ...(options.ami_org_arns ?? []).map(OrganizationArn => ({ OrganizationArn })),
    ...(options.ami_ou_arns ?? []).map(OrganizationalUnitArn => ({ OrganizationalUnitArn })),
  ];
  if (Add.length > 0) await modify('launch permissions', { Attribute: 'launchPermission', LaunchPermission: { Add } });
}
