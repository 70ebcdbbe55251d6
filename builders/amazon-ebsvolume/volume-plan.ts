import { mergePairs } from '../../src/aws/rules/index.ts';
import type { EbsVolume } from './schema.ts';

type Pairs = Readonly<Record<string, string>>;

/** One volume to make. Tags are as written: rendered while the build runs. */
export interface VolumePlan {
  readonly device: string;
  /** It outlives the instance, and so is what the build makes. */
  readonly kept: boolean;
  readonly tags: Pairs;
  readonly snapshot?: SnapshotPlan;
}

export interface SnapshotPlan {
  readonly description: string | undefined;
  readonly tags: Pairs;
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** The EBS volumes among the entries; the others only shape the instance. */
export function planVolumes(entries: readonly EbsVolume[]): VolumePlan[] {
  return entries
    .filter(entry => !entry.no_device && !entry.virtual_name)
    .map(entry => ({
      device: entry.device_name ?? '',
      kept: entry.delete_on_termination !== true,
      tags: mergePairs(entry.tags, entry.tag),
      ...(entry.snapshot_volume && {
        snapshot: {
          description: entry.snapshot_description,
          tags: mergePairs(entry.snapshot_tags, entry.snapshot_tag),
          users: entry.snapshot_users ?? [],
          groups: entry.snapshot_groups ?? [],
        },
      }),
    }));
}
