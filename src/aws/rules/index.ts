/** Rules over several options, as functions of the decoded options and the preparation context. */
export { checkAccess } from './access.ts';
export { checkAmi, copyRegions } from './ami.ts';
export { amiNameProblem, cleanResourceName } from './ami-name.ts';
export { checkBlockDevices } from './block-device.ts';
export { checkBoot } from './boot.ts';
export { checkCommunicator, expandHome, warnOpenGroup } from './communicator.ts';
export { accessRules, runRules } from './declared.ts';
export { checkFastLaunch, type FastLaunchRegion, fastLaunchRegions, wantsFastLaunch } from './fast-launch.ts';
export { csvRow, isEmpty, mergePairs } from './key-values.ts';
export { checkLaunch } from './launch.ts';
export { checkFile, checkRun, checkSpotSwitches, isBurstable, isSpot } from './run.ts';
