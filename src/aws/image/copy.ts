import { KilnError } from '../../sdk/errors.ts';
import type { Ec2 } from '../client/index.ts';
import { tagSpecs } from '../tags.ts';
import { acquireImage } from './acquire.ts';
import type { MadeImage, Making } from './making.ts';
import { giveUp, type RegionFailure, toldTogether, tolerable } from './partial.ts';
import type { Replaced } from './replace.ts';

/**
 * Copies an image to regions, all at once, each under the final name. Either all are complete, or it throws; with
 * allow_partial_copy regions other than the build's may fail.
 */
export async function copyImage(
  making: Making,
  source: MadeImage,
  regions: readonly string[],
  replaced: Replaced,
): Promise<MadeImage[]> {
  if (regions.length === 0) return [];
  const { run, plan, machine } = making;
  run.ui.say(`Copying AMI ${source.id} to ${regions.join(', ')}`);
  const settled = await Promise.allSettled(
    regions.map(region => copyTo(making, source, machine.aws.ec2(region), replaced)),
  );
  const made: MadeImage[] = [];
  const failures: RegionFailure[] = [];
  for (const [index, one] of settled.entries()) {
    if (one.status === 'fulfilled') made.push(one.value);
    else failures.push({ region: regions[index] ?? '', error: one.reason });
  }
  run.signal.throwIfAborted();
  const [first] = failures;
  if (!first) return made;
  const beside = regions.includes(machine.ec2.region) || plan.options.skip_save_build_region ? 0 : 1;
  if (tolerable(making, failures, made.length + beside)) {
    await giveUp(making, replaced, failures);
    return made;
  }
  throw new KilnError(`copying AMI ${source.id} failed: ${toldTogether(failures)}`, {
    hint:
      first.error instanceof KilnError && first.error.hint
        ? first.error.hint
        : 'no region keeps it, unless allow_partial_copy is true',
    cause: first.error,
    code: 'copy-failed',
  });
}

async function copyTo(making: Making, source: MadeImage, ec2: Ec2, replaced: Replaced): Promise<MadeImage> {
  await replaced.free(ec2, await replaced.find(ec2));
  const copy = (): Promise<MadeImage> => newCopy(making, source, ec2);
  try {
    return await copy();
  } catch (error) {
    const overlooked = await replaced.overlooked(ec2, error);
    if (overlooked.length === 0) throw error;
    await replaced.free(ec2, overlooked);
    return copy();
  }
}

function newCopy(making: Making, source: MadeImage, ec2: Ec2): Promise<MadeImage> {
  const { run, plan, machine } = making;
  const key = keyFor(making, ec2.region);
  const encrypted = plan.options.encrypt_boot;
  const minutes = plan.options.snapshot_copy_duration_minutes;
  return acquireImage(making, ec2, plan.name, 'copy', async () => {
    const reply = await ec2.copyImage(
      {
        SourceRegion: machine.ec2.region,
        SourceImageId: source.id,
        Name: plan.name,
        ClientToken: run.resources.token(`copy ${plan.name} ${source.id} ${ec2.region}`),
        ...(making.description && { Description: making.description }),
        ...(encrypted !== undefined && { Encrypted: encrypted }),
        ...(encrypted && key && { KmsKeyId: key }),
        ...(minutes && { SnapshotCopyCompletionDurationMinutes: minutes }),
        TagSpecifications: [
          ...tagSpecs({ ...making.imageTags, ...run.resources.tags }, 'image' as const),
          ...tagSpecs({ ...making.tags, ...making.snapshotTags, ...run.resources.tags }, 'snapshot' as const),
        ],
      },
      run.signal,
    );
    return reply.ImageId;
  });
}

/** The KMS key of a region's copy; undefined: the region's default key. */
function keyFor({ plan, machine }: Making, region: string): string | undefined {
  const keys = plan.options.region_kms_key_ids ?? {};
  if (region in keys) return keys[region] || undefined;
  return region === machine.ec2.region ? plan.options.kms_key_id || undefined : undefined;
}
