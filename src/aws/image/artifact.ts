import type { Artifact } from '../../sdk/artifact.ts';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { Aws } from '../client/index.ts';
import { removeImage } from './remove.ts';

/** Packer's name for amazon-ebs as the maker of an artifact. */
export const EBS_BUILDER_ID = 'mitchellh.amazonebs';

/** Images by region as an artifact (reference: ebs-build-sequence.md, section 8). */
export function amiArtifact(
  aws: Aws,
  images: ReadonlyMap<string, string>,
  buildData: Readonly<Record<string, string>>,
  builderId = EBS_BUILDER_ID,
): Artifact {
  const sorted = [...images].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    builderId,
    id: sorted.map(([region, id]) => `${region}:${id}`).join(','),
    files: [],
    description: `AMIs were created:\n${sorted.map(([region, id]) => `${region}: ${id}\n`).join('')}`,
    buildData,
    async destroy(signal) {
      const failures: string[] = [];
      for (const [region, id] of sorted) {
        try {
          await removeImage(id, { ec2: aws.ec2(region), signal, fresh: true });
        } catch (error) {
          failures.push(`${id} in ${region}: ${messageOf(error)}`);
        }
      }
      if (failures.length > 0) throw new KilnError(`not all AMIs could be removed: ${failures.join('; ')}`);
    },
  };
}
