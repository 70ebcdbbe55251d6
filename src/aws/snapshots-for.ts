import type { Ec2 } from './client/index.ts';
import type { Snapshot } from './types.ts';

/**
 * The snapshots that EC2 made for an image, found by the descriptions that it gives them (CreateImage: "Created by
 * CreateImage(i-1) for ami-1", CopyImage: "... DestinationAmi ami-1 ..."): an image that is pending may not list them yet.
 */
export async function snapshotsFor(ec2: Ec2, image: string, signal: AbortSignal): Promise<readonly Snapshot[]> {
  const Values = [`*for ${image}*`, `*DestinationAmi ${image} *`];
  const Filters = [{ Name: 'description', Values }];
  const { Snapshots = [] } = await ec2.describeSnapshots({ OwnerIds: ['self'], Filters }, signal);
  return Snapshots;
}
