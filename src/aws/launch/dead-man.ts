import { gunzipSync, gzipSync } from 'node:zlib';
import type { RunOptions } from '../options/index.ts';
import type { Image } from '../types.ts';
import { buildTimeOf } from './build-time.ts';
import { MOST_BYTES } from './user-data.ts';

/** How cloud-init tells user data of its own kinds; anything else (Ignition, Windows, TOML) is for somebody else. */
const FOR_CLOUD_INIT =
  /^(#!|#cloud-config|#include|#cloud-boothook|#part-handler|#upstart-job|## template:|Content-Type:|MIME-Version:)/i;
/** Systems without cloud-init, by the names of their public images; some of them do not boot with user data of others. */
const WITHOUT_CLOUD_INIT = /bottlerocket|flatcar|coreos|\brhcos|talos/i;
/** What a machine that boots after its time still gets, in seconds: a wrong clock must not end a bake at once. */
const AT_LEAST = 300;
const BOUNDARY = '==kiln-user-data==';

/** What an instance is launched with so that it ends itself when nobody else does. */
export interface DeadManSwitch {
  /** In base64. */
  readonly userData: string | undefined;
  /** What a shutdown from inside does to the instance. */
  readonly shutdown: 'stop' | 'terminate';
  /** Why there is no switch although the template wants one. */
  readonly unarmed?: string;
}

/**
 * Puts a script beside the user's own user data (base64) that powers the instance off after max_build_time, and has a
 * power-off terminate it. A shutdown_behavior that the template gives stays, as does `stop` where a provisioner is to
 * shut the instance down (disable_stop_instance).
 */
export function armDeadManSwitch(
  userData: string | undefined,
  options: Pick<RunOptions, 'max_build_time' | 'shutdown_behavior' | 'disable_stop_instance'>,
  source: Pick<Image, 'Platform' | 'Name'>,
  local: boolean,
): DeadManSwitch {
  const given = options.shutdown_behavior === 'terminate' || options.shutdown_behavior === 'stop';
  const shutdown = given ? (options.shutdown_behavior as 'stop' | 'terminate') : 'stop';
  const time = buildTimeOf(options);
  // Instances of the embedded EC2 end with kiln; Windows has no cloud-init.
  if (time <= 0 || local || source.Platform?.toLowerCase() === 'windows') return { userData, shutdown };
  if (WITHOUT_CLOUD_INIT.test(source.Name ?? ''))
    return { userData, shutdown, unarmed: 'the source image has no cloud-init' };
  const combined = combine(userData === undefined ? undefined : Buffer.from(userData, 'base64'), script(time));
  if (typeof combined === 'string') return { userData, shutdown, unarmed: combined };
  return {
    userData: combined.toString('base64'),
    shutdown: given || options.disable_stop_instance ? shutdown : 'terminate',
  };
}

/**
 * A boothook, so that it runs at every boot: many bakes reboot. The time is counted from the launch; a clock that is
 * not set yet makes it no longer. All it leaves is a process, so no image made of the instance knows of it, and it comes
 * to nothing in the next instance, whose user data are others. It never fails, as `cloud-init status --wait` would.
 */
function script(milliseconds: number): string {
  const seconds = Math.max(60, Math.ceil(milliseconds / 60_000) * 60);
  const deadline = Math.floor(Date.now() / 1000) + seconds;
  return `#cloud-boothook
#!/bin/sh
# Put here by kiln: ends this temporary instance after max_build_time, should nobody else do so.
left=$((${deadline} - $(date +%s)))
[ "$left" -ge ${Math.min(AT_LEAST, seconds)} ] || left=${Math.min(AT_LEAST, seconds)}
[ "$left" -le ${seconds} ] || left=${seconds}
(sleep "$left"; shutdown -P now || poweroff || halt -p) </dev/null >/dev/null 2>&1 &
exit 0
`;
}

/** Both as one, or the reason why that cannot be. */
function combine(users: Buffer | undefined, own: string): Buffer | string {
  if (users === undefined || users.length === 0) return Buffer.from(own);
  const plain = unpacked(users);
  if (!plain || !FOR_CLOUD_INIT.test(plain.toString('latin1', 0, 64)))
    return 'the user data is not of a kind that cloud-init knows';
  const whole = multipart(own, plain);
  if (whole.length <= MOST_BYTES) return whole;
  const packed = gzipSync(whole, { level: 9 });
  return packed.length <= MOST_BYTES ? packed : 'the user data leaves no room for it';
}

/** cloud-init takes gzipped user data too. */
function unpacked(data: Buffer): Buffer | undefined {
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  try {
    return gunzipSync(data, { maxOutputLength: 1_048_576 });
  } catch {
    return undefined;
  }
}

/** A document of both parts, ours first. cloud-init looks at what a plain text part begins with to tell its kind. */
function multipart(own: string, users: Buffer): Buffer {
  const isMultipart = /^(Content-Type:|MIME-Version:)/i.test(users.toString('latin1', 0, 64));
  const head = [
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    'MIME-Version: 1.0',
    '',
    `--${BOUNDARY}`,
    'Content-Type: text/cloud-boothook; charset="utf-8"',
    'MIME-Version: 1.0',
    'Content-Disposition: attachment; filename="kiln-max-build-time"',
    '',
    own.trimEnd(),
    `--${BOUNDARY}`,
    '',
  ].join('\n');
  const part = isMultipart
    ? users
    : Buffer.from(
        [
          'Content-Type: text/plain; charset="utf-8"',
          'MIME-Version: 1.0',
          'Content-Transfer-Encoding: base64',
          'Content-Disposition: attachment; filename="user-data"',
          '',
          (users.toString('base64').match(/.{1,76}/g) ?? []).join('\n'),
        ].join('\n'),
      );
  return Buffer.concat([Buffer.from(head), part, Buffer.from(`\n--${BOUNDARY}--\n`)]);
}
