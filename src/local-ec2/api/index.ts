/** All EC2 actions (API version 2016-11-15), by name. */
import { accountActions } from './account.ts';
import type { Action } from './action.ts';
import { fastLaunchActions } from './fast-launch.ts';
import { fleetActions } from './fleets/index.ts';
import { imageActions } from './images/index.ts';
import { importActions } from './imports.ts';
import { instanceTypeActions } from './instance-types.ts';
import { instanceActions } from './instances/index.ts';
import { keyPairActions } from './key-pairs.ts';
import { launchTemplateActions } from './launch-templates.ts';
import { networkActions } from './network.ts';
import { regionActions } from './regions.ts';
import { securityGroupActions } from './security-groups/index.ts';
import { snapshotActions } from './snapshots/index.ts';
import { spotActions } from './spot.ts';
import { tagActions } from './tagging.ts';
import { volumeActions } from './volumes/index.ts';

export const EC2_ACTIONS: Readonly<Record<string, Action>> = {
  ...regionActions,
  ...networkActions,
  ...instanceTypeActions,
  ...imageActions,
  ...importActions,
  ...instanceActions,
  ...keyPairActions,
  ...securityGroupActions,
  ...volumeActions,
  ...snapshotActions,
  ...launchTemplateActions,
  ...fleetActions,
  ...spotActions,
  ...fastLaunchActions,
  ...tagActions,
  ...accountActions,
};
