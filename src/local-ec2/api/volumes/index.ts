import { boolean, filters, integer, list, string } from '../../protocol/params.ts';
import { type Action, action } from '../action.ts';
import { matcher } from '../filters.ts';
import { select } from '../kinds.ts';
import { page } from '../paging.ts';
import { attachVolume, detachVolume } from './attach.ts';
import { createVolume, deleteVolume } from './create.ts';
import { describeVolumesModifications, modifyVolume } from './modify.ts';
import { VOLUME_FILTERS, volumeXml } from './view.ts';

const describeVolumes = action(
  { VolumeId: list(string), IncludeManagedResources: boolean, Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const found = select(call, 'volumes', input.VolumeId, matcher(input.Filter, VOLUME_FILTERS(call)));
    const { items, nextToken } = page(found, input, { byId: input.VolumeId.length > 0 });
    return { volumeSet: items.map(one => volumeXml(call, one)), nextToken };
  },
);

export const volumeActions: Readonly<Record<string, Action>> = {
  DescribeVolumes: describeVolumes,
  CreateVolume: createVolume,
  DeleteVolume: deleteVolume,
  AttachVolume: attachVolume,
  DetachVolume: detachVolume,
  ModifyVolume: modifyVolume,
  DescribeVolumesModifications: describeVolumesModifications,
};
