import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { sleep } from '../../src/sdk/async.ts';
import { KilnError } from '../../src/sdk/errors.ts';

/** Letters tried for a free device (reference: amazon-chroot.json, device search). */
const LETTERS = 'fghijklmnop';
/** How long the kernel may take to show an attached volume, in milliseconds. */
const PATIENCE = 60_000;
const PAUSE = 250;

/** A device name of this host that is free. Throws KilnError when none is. */
export function freeDevice(): string {
  const prefix = devicePrefix();
  for (const letter of LETTERS) {
    const device = `/dev/${prefix}${letter}`;
    if (!existsSync(device) && !existsSync(`${device}1`)) return device;
  }
  throw new KilnError(`no device from /dev/${prefix}f to /dev/${prefix}p is free`, {
    hint: 'detach volumes that are not needed, or name a device with device_path',
    code: 'no-free-device',
  });
}

/** How this host's kernel names disks: those of Nitro instances are NVMe, for which any name does. */
function devicePrefix(): string {
  const disks = readdirSync('/sys/block');
  return ['sd', 'xvd'].find(prefix => disks.some(name => name.startsWith(prefix))) ?? 'xvd';
}

/** EC2's spelling of a device name. */
export function apiDevice(device: string): string {
  return device.replace('/xvd', '/sd');
}

/** The device under which the kernel shows the attached volume: as asked for, or as its driver names it. */
export async function shownDevice(
  device: string,
  volume: string,
  nvme: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const candidates = nvme
    ? [nvme]
    : [
        device,
        device.replace('/sd', '/xvd'),
        `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace('-', '')}`,
      ];
  const until = performance.now() + PATIENCE;
  for (;;) {
    const shown = candidates.find(path => existsSync(path));
    if (shown) return shown.startsWith('/dev/disk/') ? realpathSync(shown) : shown;
    if (performance.now() > until) {
      throw new KilnError(`volume ${volume} is attached, but this host shows none of ${candidates.join(', ')}`, {
        hint: 'see what "lsblk" lists and name it with nvme_device_path',
        code: 'no-device',
      });
    }
    await sleep(PAUSE, signal);
  }
}

/** What to mount: the device, or its partition, whose name NVMe and loop devices begin with a `p`. */
export async function partitionOf(
  device: string,
  partition: string,
  whole: boolean,
  signal: AbortSignal,
): Promise<string> {
  if (whole || partition === '0') return device;
  const names = [`${device}${partition}`, `${device}p${partition}`];
  const until = performance.now() + PATIENCE / 6;
  for (;;) {
    const there = names.find(path => existsSync(path));
    if (there) return there;
    if (performance.now() > until) {
      throw new KilnError(`${device} has no partition ${partition}: there is no ${names[0]}`, {
        hint: 'name it with mount_partition; "0" mounts the whole device',
        code: 'no-partition',
      });
    }
    await sleep(PAUSE, signal);
  }
}

export function nameOf(device: string): string {
  return basename(device);
}
