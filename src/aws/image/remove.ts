import { look } from '../find-created.ts';
import { isAwsError, isKind } from '../policy/aws-error.ts';
import { gone, type Removal, surelyGone } from '../removal.ts';
import { snapshotsFor } from '../snapshots-for.ts';
import type { Image } from '../types.ts';
import { snapshotIds } from '../waits.ts';

/** How long a snapshot may still be in use by the image that was deregistered just before, in milliseconds. */
const IN_USE = 5 * 60_000;
const stillInUse = { notYet: (error: unknown) => isKind(error, 'busy'), within: IN_USE };

/** Deregisters an image and deletes the snapshots behind it. Not being there is no failure. */
export async function removeImage(id: string, removal: Removal): Promise<void> {
  const { ec2, signal } = removal;
  let image: Image | undefined;
  await gone(async () => {
    image = (await ec2.describeImages({ ImageIds: [id] }, signal)).Images?.[0];
  });
  await surelyGone(() => deregister(id, removal), removal);
  const listed = snapshotIds(image);
  // A pending image does not list its snapshots yet, a new one nothing at all; their descriptions name the image.
  const made = listed.length > 0 ? await madeFor(id, removal) : await look(removal, () => madeFor(id, removal));
  await deleteSnapshots([...new Set([...listed, ...made])], removal);
}

/** A build that fails after it has protected its image must be able to take it back. */
async function deregister(ImageId: string, { ec2, signal }: Removal): Promise<void> {
  try {
    await ec2.deregisterImage({ ImageId }, signal);
  } catch (error) {
    if (!isAwsError(error, 'OperationNotPermitted')) throw error;
    await ec2.disableImageDeregistrationProtection({ ImageId }, signal);
    await ec2.deregisterImage({ ImageId }, signal);
  }
}

async function madeFor(image: string, { ec2, signal }: Removal): Promise<string[]> {
  return (await snapshotsFor(ec2, image, signal)).flatMap(one => one.SnapshotId ?? []);
}

/** Deletes snapshots; those that are gone already count as deleted. */
export async function deleteSnapshots(ids: readonly string[], removal: Removal): Promise<void> {
  const { ec2, signal } = removal;
  for (const SnapshotId of ids) await surelyGone(() => ec2.deleteSnapshot({ SnapshotId }, signal, stillInUse), removal);
}
