import type { Ec2Machine } from '../../src/aws/machine.ts';
import { deleteVolume } from '../../src/aws/volumes/remove.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import { KilnError, messageOf } from '../../src/sdk/errors.ts';

/** Volumes and snapshots as an artifact (reference: amazon-ebsvolume.json). Destroying it leaves the snapshots. */
export function volumeArtifact(
  { ec2, buildData }: Pick<Ec2Machine, 'ec2' | 'buildData'>,
  volumes: readonly string[],
  snapshots: readonly string[],
): Artifact {
  const ids = [...volumes, ...snapshots].map(id => `${ec2.region}:${id}`).sort();
  return {
    builderId: 'mitchellh.amazon.ebsvolume',
    id: ids.join(','),
    files: [],
    description: `EBS volumes were created:\n${ids.map(id => `${id.replace(':', ': ')}\n`).join('')}`,
    buildData,
    async destroy(signal) {
      const failures: string[] = [];
      for (const id of volumes) {
        try {
          await deleteVolume(id, { ec2, signal, fresh: true });
        } catch (error) {
          failures.push(`${id}: ${messageOf(error)}`);
        }
      }
      if (failures.length > 0) throw new KilnError(`not all volumes could be removed: ${failures.join('; ')}`);
    },
  };
}
