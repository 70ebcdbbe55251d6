import { invalidParameter } from '../../protocol/errors.ts';
import { boolean, filters, integer, list, required, string } from '../../protocol/params.ts';
import type { VolumeRecord } from '../../store/model.ts';
import { action } from '../action.ts';
import { matcher } from '../filters.ts';
import { checkVolume } from '../images/mappings.ts';
import { find, select } from '../kinds.ts';
import { page } from '../paging.ts';

export const modifyVolume = action(
  {
    VolumeId: required(string),
    Size: integer,
    VolumeType: string,
    Iops: integer,
    Throughput: integer,
    MultiAttachEnabled: boolean,
  },
  (call, input) => {
    const volume = find(call, 'volumes', input.VolumeId);
    const from = { size: volume.size, type: volume.type };
    const size = input.Size ?? volume.size;
    const type = input.VolumeType || volume.type;
    if (size < volume.size) throw invalidParameter(`New size cannot be smaller than existing size ${volume.size}`);
    const iops = input.Iops ?? (type === volume.type ? volume.iops : undefined);
    const throughput = input.Throughput ?? (type === volume.type ? volume.throughput : undefined);
    checkVolume({ size, type, iops, throughput });
    volume.size = size;
    volume.type = type;
    if (iops === undefined) delete volume.iops;
    else volume.iops = iops;
    if (throughput === undefined) delete volume.throughput;
    else volume.throughput = throughput;
    volume.modification = { at: call.world.now(), from: from.size, fromType: from.type };
    call.world.touch();
    return { volumeModification: modificationXml(volume) };
  },
);

export const describeVolumesModifications = action(
  { VolumeId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const matches = matcher<VolumeRecord>(input.Filter, {
      'volume-id': one => one.id,
      'modification-state': () => 'completed',
    });
    const found = select(call, 'volumes', input.VolumeId, one => one.modification !== undefined && matches(one));
    const { items, nextToken } = page(found, input);
    return { volumeModificationSet: items.map(modificationXml), nextToken };
  },
);

function modificationXml(volume: VolumeRecord): { [name: string]: string | number | Date | undefined } {
  const { modification } = volume;
  return {
    volumeId: volume.id,
    modificationState: 'completed',
    targetSize: volume.size,
    targetIops: volume.iops,
    targetVolumeType: volume.type,
    originalSize: modification?.from,
    originalVolumeType: modification?.fromType,
    progress: 100,
    startTime: modification && new Date(modification.at),
    endTime: modification && new Date(modification.at),
  };
}
