import { STAND_IN_LAYERS } from '../../stand-ins.ts';
import { newId } from '../../store/ids.ts';
import type { ImageMapping, VolumeRecord } from '../../store/model.ts';
import type { Call } from '../action.ts';
import { peek } from '../kinds.ts';

/** A new volume with what its snapshot holds; not yet in the store. `standIn`: the snapshot is one of a stand-in image. */
export function newVolume(
  call: Call,
  ebs: NonNullable<ImageMapping['ebs']>,
  zone: string,
  standIn: boolean,
): VolumeRecord {
  const snapshot = peek(call, 'snapshots', ebs.snapshotId);
  return {
    id: newId('vol'),
    tags: {},
    createdAt: call.world.now(),
    state: 'creating',
    size: ebs.size,
    type: ebs.type,
    ...(ebs.iops !== undefined ? { iops: ebs.iops } : ebs.type === 'gp3' ? { iops: 3000 } : {}),
    ...(ebs.throughput !== undefined ? { throughput: ebs.throughput } : ebs.type === 'gp3' ? { throughput: 125 } : {}),
    zone,
    ...(ebs.snapshotId !== undefined && { snapshotId: ebs.snapshotId }),
    encrypted: ebs.encrypted,
    ...(ebs.kmsKeyId !== undefined && { kmsKeyId: ebs.kmsKeyId }),
    multiAttach: false,
    content: snapshot ? structuredClone(snapshot.content) : standIn ? { layers: [...STAND_IN_LAYERS] } : {},
    booted: false,
    written: false,
  };
}
