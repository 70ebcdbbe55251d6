import { isKind } from '../policy/aws-error.ts';
import { finishedTags, tagList } from '../tags.ts';
import { enableFastLaunch } from './fast-launch.ts';
import type { MadeImage, Making } from './making.ts';

/**
 * Finishes an image in one region: tags, sharing, deprecation, protection. Called when the image is complete in all
 * regions; sharing comes late, so that others see a finished image (reference: steps 20 to 25).
 */
export async function publishImage(making: Making, image: MadeImage): Promise<void> {
  const { options } = making.plan;
  await tag(making, image);
  await enableFastLaunch(making, image);
  if (options.deprecate_at) {
    making.run.ui.say(`Deprecating AMI ${image.id} in ${image.ec2.region} at ${options.deprecate_at}`);
    await image.ec2.enableImageDeprecation(
      { ImageId: image.id, DeprecateAt: new Date(options.deprecate_at) },
      making.run.signal,
    );
  }
  await shareSnapshots(making, image);
  await modifyImage(making, image);
  const protection = options.deregistration_protection;
  if (protection?.enabled || protection?.with_cooldown) {
    making.run.ui.say(`Protecting AMI ${image.id} in ${image.ec2.region} from deregistration`);
    await image.ec2.enableImageDeregistrationProtection(
      { ImageId: image.id, WithCooldown: protection.with_cooldown === true },
      making.run.signal,
    );
  }
}

/** One call for image and snapshots, which also takes away the mark of a leftover; one more for snapshot_tags. */
async function tag(making: Making, image: MadeImage): Promise<void> {
  const { run, tags, snapshotTags } = making;
  const common = tagList({ ...tags, ...finishedTags(run.resources) });
  if (Object.keys(tags).length > 0) {
    run.ui.say(`Adding tags to AMI (${image.id})...`);
    for (const [key, value] of Object.entries(tags)) run.ui.say(`Adding tag: "${key}": "${value}"`);
  }
  if (common.length > 0) {
    await image.ec2.createTags({ Resources: [image.id, ...image.snapshots], Tags: common }, run.signal, visible);
  }
  if (Object.keys(snapshotTags).length > 0 && image.snapshots.length > 0) {
    run.ui.say(`Adding tags to snapshots (${image.snapshots.join(', ')})...`);
    await image.ec2.createTags({ Resources: [...image.snapshots], Tags: tagList(snapshotTags) }, run.signal, visible);
  }
}

const visible = { notYet: (error: unknown) => isKind(error, 'not-found') };

async function shareSnapshots({ run, plan }: Making, image: MadeImage): Promise<void> {
  const { snapshot_users: users = [], snapshot_groups: groups = [] } = plan.options;
  const Add = [...groups.map(Group => ({ Group: Group as 'all' })), ...users.map(UserId => ({ UserId }))];
  if (Add.length === 0) return;
  for (const SnapshotId of image.snapshots) {
    run.ui.say(`Sharing snapshot ${SnapshotId} in ${image.ec2.region}`);
    await image.ec2.modifySnapshotAttribute(
      { SnapshotId, Attribute: 'createVolumePermission', CreateVolumePermission: { Add } },
      run.signal,
      visible,
    );
  }
}

async function modifyImage({ run, plan }: Making, image: MadeImage): Promise<void> {
  const { options } = plan;
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
