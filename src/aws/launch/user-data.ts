import { readFile } from 'node:fs/promises';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import type { RunOptions } from '../options/index.ts';

/** The most user data EC2 takes, in bytes, before base64 (RunInstances, UserData). */
export const MOST_BYTES = 16_384;

/** The instance's user data in base64; undefined when there are none. Text that is base64 already goes as it is. Throws KilnError. */
export async function encodedUserData(options: RunOptions): Promise<string | undefined> {
  const data = options.user_data_file ? await read(options.user_data_file) : options.user_data;
  if (!data?.length) return undefined;
  const text = data.toString();
  const packed = text.replace(/[\r\n]/g, '');
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
  const encoded = isBase64 ? packed : Buffer.from(data).toString('base64');
  const bytes = Buffer.byteLength(encoded, 'base64');
  if (bytes > MOST_BYTES)
    throw new KilnError(`the user data have ${bytes} bytes; EC2 takes ${MOST_BYTES}`, {
      code: 'user-data-too-large',
      hint: 'gzip them, which cloud-init unpacks, or let them fetch the rest',
    });
  return encoded;
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new KilnError(`user_data_file: ${describeFileError(path, error)}`, { cause: error });
  }
}
