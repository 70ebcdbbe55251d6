import type { PrepareContext } from '../../sdk/plugin.ts';
import type { BlockDevice } from '../options/index.ts';
import { isKmsKey, KMS_HINT } from './kms.ts';

/** Highest operations per second for each GiB, by volume type (reference: common.json, rules.block-device). */
const IOPS_PER_GIB: Readonly<Record<string, number>> = { io1: 50, io2: 500 };

/** Rules of one list of block device mappings. */
export function checkBlockDevices(
  devices: readonly BlockDevice[] | undefined,
  option: string,
  context: PrepareContext,
): void {
  for (const [index, device] of (devices ?? []).entries()) {
    const complain = (field: string, message: string, hint?: string): void =>
      context.error([option, index, field], 'bad-block-device', `${device.device_name ?? option}: ${message}`, hint);
    checkKey(device, complain);
    checkSpeed(device, complain);
  }
}

type Complain = (field: string, message: string, hint?: string) => void;

function checkKey(device: BlockDevice, complain: Complain): void {
  if (!device.kms_key_id) return;
  if (device.encrypted === false) {
    complain('kms_key_id', 'a KMS key is named for a volume that is not to be encrypted', 'set encrypted to true');
  }
  if (!isKmsKey(device.kms_key_id)) complain('kms_key_id', `"${device.kms_key_id}" does not name a KMS key`, KMS_HINT);
}

function checkSpeed(device: BlockDevice, complain: Complain): void {
  const { volume_type: type = '', volume_size: size = 0, iops = 0, throughput = 0 } = device;
  const perGib = IOPS_PER_GIB[type];
  if (perGib !== undefined && size > 0) {
    if (Math.floor(iops / size) > perGib) {
      complain('iops', `${iops} iops on ${size} GiB are more than ${type} gives`, `at most ${perGib} for each GiB`);
    }
    if (iops < 100 || iops > 64_000) complain('iops', `${type} takes 100 to 64000 iops, not ${iops}`);
  }
  if (type === 'gp3') {
    if (iops !== 0 && (iops < 3000 || iops > 16_000)) complain('iops', `gp3 takes 3000 to 16000 iops, not ${iops}`);
    if (throughput !== 0 && (throughput < 125 || throughput > 1000)) {
      complain('throughput', `gp3 takes a throughput of 125 to 1000 MiB/s, not ${throughput}`);
    }
  } else if (throughput > 0) {
    complain('throughput', `only gp3 takes a throughput, not ${type || 'the default volume type'}`);
  }
}
