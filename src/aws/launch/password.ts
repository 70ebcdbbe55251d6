import { constants, createPrivateKey, privateDecrypt } from 'node:crypto';
import { sleep } from '../../sdk/async.ts';
import { formatDuration } from '../../sdk/duration.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Ec2 } from '../client/index.ts';
import { isKind } from '../policy/aws-error.ts';

/** How long to wait for the Windows password when the template does not say (reference: windows_password_timeout). */
const LONGEST = 20 * 60_000;
/** Pause between two looks, in milliseconds; Windows takes minutes, so there is no hurry. */
const PAUSE = 5000;

/** Waits for the Administrator password of a Windows instance and decrypts it. Throws KilnError. */
export async function windowsPassword(
  run: RunContext,
  ec2: Ec2,
  instanceId: string,
  privateKey: string | undefined,
  longest = LONGEST,
): Promise<string> {
  if (!privateKey) {
    throw new KilnError('the Windows password cannot be decrypted without a private key', {
      hint: 'add winrm_password or ssh_private_key_file',
    });
  }
  run.ui.say('Waiting for the Windows password; this usually takes 5, at most 15 minutes...');
  const until = performance.now() + longest;
  for (;;) {
    const { PasswordData } = await ec2.getPasswordData({ InstanceId: instanceId }, run.signal, {
      notYet: error => isKind(error, 'not-found'),
    });
    if (PasswordData?.trim()) {
      const password = decrypted(PasswordData.trim(), privateKey);
      run.secret(password);
      if (run.build.debug) run.ui.say('The Windows password has been decrypted.');
      return password;
    }
    if (performance.now() > until) {
      throw new KilnError(`there is no Windows password after ${formatDuration(longest)}`, {
        hint: 'check that the image makes one at first boot (EC2Launch), or raise windows_password_timeout',
      });
    }
    await sleep(Math.min(PAUSE, ec2.polling.delay ?? PAUSE), run.signal);
  }
}

/**
 * EC2 encrypts it with the key pair's RSA key, PKCS#1 v1.5. Node decrypts that padding no more (CVE-2023-46809), so it
 * is taken off here; nobody can measure it: the message is AWS's own and read once.
 */
export function decrypted(data: string, privateKey: string): string {
  try {
    const key = createPrivateKey(privateKey);
    return unpadded(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.from(data, 'base64')));
  } catch (error) {
    throw new KilnError('the Windows password could not be decrypted with this private key', {
      hint: 'the key must be the RSA key, without passphrase, of the key pair the instance was launched with',
      cause: error,
    });
  }
}

/** The message of a PKCS#1 v1.5 block: 00 02, at least eight bytes that are not 0, 00, message (RFC 8017, 7.2.2). */
function unpadded(block: Buffer): string {
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || end < 10) throw new Error('wrong key');
  return block.subarray(end + 1).toString('utf8');
}
