import type { Xml } from '../../protocol/xml.ts';
import type { InstanceRecord, VolumeRecord } from '../../store/model.ts';
import type { Call, Reply } from '../action.ts';
import { type FilterTable, isoTime } from '../filters.ts';
import { peek } from '../kinds.ts';
import { tagSet } from '../tagging.ts';

function diskOf(call: Call, volume: VolumeRecord): InstanceRecord['disks'][number] | undefined {
  const holder = peek(call, 'instances', volume.attachment?.instanceId);
  return holder?.disks.find(disk => disk.volumeId === volume.id);
}

/** The attachment as AttachVolume and DetachVolume answer it. */
export function attachmentXml(call: Call, volume: VolumeRecord, status?: string): Reply {
  const { attachment } = volume;
  return {
    volumeId: volume.id,
    instanceId: attachment?.instanceId,
    device: attachment?.device,
    status: status ?? attachment?.status,
    attachTime: attachment && new Date(attachment.at),
    deleteOnTermination: diskOf(call, volume)?.deleteOnTermination ?? false,
  };
}

export function volumeXml(call: Call, volume: VolumeRecord): Reply {
  const attachments: Xml = volume.attachment ? [attachmentXml(call, volume)] : [];
  return {
    volumeId: volume.id,
    size: volume.size,
    snapshotId: volume.snapshotId ?? '',
    availabilityZone: volume.zone,
    status: volume.state,
    createTime: new Date(volume.createdAt),
    attachmentSet: attachments,
    tagSet: tagSet(volume.tags),
    volumeType: volume.type,
    iops: volume.iops ?? (volume.type === 'gp2' ? Math.min(16_000, Math.max(100, volume.size * 3)) : undefined),
    throughput: volume.throughput,
    encrypted: volume.encrypted,
    kmsKeyId: volume.kmsKeyId,
    multiAttachEnabled: volume.multiAttach,
  };
}

export const VOLUME_FILTERS = (call: Call): FilterTable<VolumeRecord> => ({
  'attachment.attach-time': one => one.attachment && isoTime(one.attachment.at),
  'attachment.delete-on-termination': one => diskOf(call, one)?.deleteOnTermination,
  'attachment.device': one => one.attachment?.device,
  'attachment.instance-id': one => one.attachment?.instanceId,
  'attachment.status': one => one.attachment?.status,
  'availability-zone': one => one.zone,
  'create-time': one => isoTime(one.createdAt),
  encrypted: one => one.encrypted,
  'multi-attach-enabled': one => one.multiAttach,
  size: one => one.size,
  'snapshot-id': one => one.snapshotId,
  status: one => one.state,
  'volume-id': one => one.id,
  'volume-type': one => one.type,
});
