import type { ResourceRef } from '../../sdk/resources.ts';
import type { Ec2 } from '../client/index.ts';
import { isKind } from '../policy/aws-error.ts';
import { type Removal, surelyGone } from '../removal.ts';
import { isFinished } from '../tags.ts';

/** How long a volume may still be in use by what was undone just before, in milliseconds. */
const IN_USE = 5 * 60_000;
const stillInUse = { notYet: (error: unknown) => isKind(error, 'busy'), within: IN_USE };

/** Deletes a volume, detaching it first when it is attached; what chroot builds mounted of it on this host goes before. */
export async function removeVolume(id: string, ref: ResourceRef, removal: Removal): Promise<void> {
  const { ec2, signal } = removal;
  if (ref.with?.mount) {
    const { unmountLeft } = await import('./left-mounts.ts');
    await unmountLeft(ref.with, signal);
  }
  await surelyGone(async () => {
    const { Volumes = [] } = await ec2.describeVolumes({ VolumeIds: [id] }, signal);
    if (Volumes.some(volume => volume.State === 'in-use')) await letGo(ec2, id, signal);
    await ec2.deleteVolume({ VolumeId: id }, signal, stillInUse);
  }, removal);
}

/** An instance that goes down lets its volumes go by itself, and a second detach is refused: deleting waits for both. */
async function letGo(ec2: Ec2, id: string, signal: AbortSignal): Promise<void> {
  try {
    await ec2.detachVolume({ VolumeId: id, Force: true }, signal);
  } catch (error) {
    if (!isKind(error, 'busy', 'not-found')) throw error;
  }
}

/** Deletes a volume; not being there is no failure. */
export async function deleteVolume(id: string, removal: Removal): Promise<void> {
  const { ec2, signal } = removal;
  await surelyGone(() => ec2.deleteVolume({ VolumeId: id }, signal, stillInUse), removal);
}

/** Those of the volumes that kiln has not marked as finished products. */
export async function unfinished(ec2: Ec2, ids: readonly string[], signal: AbortSignal): Promise<string[]> {
  if (ids.length === 0) return [];
  const { Volumes = [] } = await ec2.describeVolumes({ Filters: [{ Name: 'volume-id', Values: [...ids] }] }, signal);
  const finished = new Set(Volumes.filter(volume => isFinished(volume.Tags)).map(volume => volume.VolumeId));
  return ids.filter(id => !finished.has(id));
}
