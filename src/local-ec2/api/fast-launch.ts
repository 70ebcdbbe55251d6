/** Fast launch of Windows images: states only. */
import { ApiError, invalidParameter } from '../protocol/errors.ts';
import { boolean, filters, integer, list, oneOf, required, string, struct } from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import type { FastLaunch, ImageRecord } from '../store/model.ts';
import { type Action, action, type Call } from './action.ts';
import { matcher } from './filters.ts';
import { ownImageOf } from './images/describe.ts';
import { select } from './kinds.ts';
import { templateVersion } from './launch-templates.ts';
import { page } from './paging.ts';

/** Least parallel launches that EC2 takes. */
const MIN_PARALLEL = 6;

function fastLaunchXml(call: Call, image: ImageRecord, fast: FastLaunch): { [name: string]: Xml } {
  return {
    imageId: image.id,
    resourceType: 'snapshot',
    snapshotConfiguration: { targetResourceCount: fast.targetResourceCount },
    launchTemplate: fast.template && {
      launchTemplateId: fast.template.id,
      launchTemplateName: fast.template.name,
      version: fast.template.version,
    },
    maxParallelLaunches: fast.maxParallelLaunches,
    ownerId: call.world.accountId,
    state: fast.state,
    stateTransitionReason: 'Client.UserInitiated',
    stateTransitionTime: new Date(fast.at),
  };
}

const enableFastLaunch = action(
  {
    ImageId: required(string),
    ResourceType: oneOf('snapshot'),
    SnapshotConfiguration: struct({ TargetResourceCount: integer }),
    LaunchTemplate: struct({ LaunchTemplateId: string, LaunchTemplateName: string, Version: required(string) }),
    MaxParallelLaunches: integer,
  },
  (call, input) => {
    const image = ownImageOf(call, input.ImageId);
    if (image.platform !== 'windows')
      throw new ApiError('InvalidRequest', `Fast launch needs a Windows image; ${image.id} is none`);
    if (input.MaxParallelLaunches !== undefined && input.MaxParallelLaunches < MIN_PARALLEL)
      throw invalidParameter(`MaxParallelLaunches must be at least ${MIN_PARALLEL}`);
    const version = input.LaunchTemplate && templateVersion(call, input.LaunchTemplate);
    const fast: FastLaunch = {
      state: 'enabling',
      maxParallelLaunches: input.MaxParallelLaunches ?? MIN_PARALLEL,
      targetResourceCount: input.SnapshotConfiguration?.TargetResourceCount ?? 5,
      ...(version && {
        template: { id: version.template.id, name: version.template.name, version: String(version.number) },
      }),
      at: call.world.now(),
    };
    image.fastLaunch = fast;
    call.world.lifecycle.after('fastLaunch', image.id, () => {
      if (image.fastLaunch === fast) fast.state = 'enabled';
      call.world.touch();
    });
    call.world.touch();
    return fastLaunchXml(call, image, fast);
  },
);

const disableFastLaunch = action({ ImageId: required(string), Force: boolean }, (call, input) => {
  const image = ownImageOf(call, input.ImageId);
  if (!image.fastLaunch) throw new ApiError('InvalidRequest', `Fast launch is not enabled for ${image.id}`);
  const fast: FastLaunch = { ...image.fastLaunch, state: 'disabling', at: call.world.now() };
  delete image.fastLaunch;
  call.world.touch();
  return fastLaunchXml(call, image, fast);
});

const describeFastLaunchImages = action(
  { ImageId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const byFilter = matcher<ImageRecord>(input.Filter, {
      'resource-type': () => 'snapshot',
      'owner-id': one => one.ownerId,
      state: one => one.fastLaunch?.state,
    });
    const found = select(call, 'images', input.ImageId, one => one.fastLaunch !== undefined && byFilter(one));
    const { items, nextToken } = page(found, input, { min: 1, max: 200 });
    return {
      fastLaunchImageSet: items.flatMap(one => (one.fastLaunch ? [fastLaunchXml(call, one, one.fastLaunch)] : [])),
      nextToken,
    };
  },
);

export const fastLaunchActions: Readonly<Record<string, Action>> = {
  EnableFastLaunch: enableFastLaunch,
  DisableFastLaunch: disableFastLaunch,
  DescribeFastLaunchImages: describeFastLaunchImages,
};
