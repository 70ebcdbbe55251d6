import type { ResourceRef } from '../sdk/resources.ts';
import { isKind } from './policy/aws-error.ts';
import { openRecordedAccount } from './recorded-account.ts';
import { isFinished, tagFilter } from './tags.ts';
import type { Tag } from './types.ts';

/** How far an image or a snapshot of a run got. `finished`: kiln has done all there was to do, and marked it so. */
export type ProductState = 'finished' | 'unfinished' | 'absent';

/** Looks up how far an image or snapshot got, from its plain data; other kinds are no products, so never finished. */
export async function productState(ref: ResourceRef, signal: AbortSignal): Promise<ProductState> {
  if (ref.kind !== 'ec2:image' && ref.kind !== 'ec2:snapshot') return 'unfinished';
  const ec2 = (await openRecordedAccount(ref.account)).ec2(ref.account.region);
  const image = ref.kind === 'ec2:image';
  const tags = tagFilter(ref.with?.tag);
  // Without id it is known by name and run tag alone; a name without the tag could be anybody's.
  if (!ref.id && (!ref.name || tags.length === 0)) return 'absent';
  const Filters = ref.id ? [] : [{ Name: image ? 'name' : 'description', Values: [ref.name ?? ''] }, ...tags];
  const which = ref.id ? {} : { Filters };
  try {
    if (image) {
      const reply = await ec2.describeImages(
        { Owners: ['self'], ...which, ...(ref.id && { ImageIds: [ref.id] }) },
        signal,
      );
      return stateOf(reply.Images, one => one.State === 'available');
    }
    const reply = await ec2.describeSnapshots(
      { OwnerIds: ['self'], ...which, ...(ref.id && { SnapshotIds: [ref.id] }) },
      signal,
    );
    return stateOf(reply.Snapshots, one => one.State === 'completed');
  } catch (error) {
    if (isKind(error, 'not-found')) return 'absent';
    throw error;
  }
}

function stateOf<T extends { readonly Tags?: Tag[] | undefined }>(
  found: readonly T[] = [],
  usable: (one: T) => boolean,
): ProductState {
  const [first] = found;
  if (!first) return 'absent';
  return usable(first) && isFinished(first.Tags) ? 'finished' : 'unfinished';
}
