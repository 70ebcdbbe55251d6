import { randomBytes, randomInt } from 'node:crypto';
import { link, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFileError, KilnError, systemCode } from '../../sdk/errors.ts';
import { writeAtomically } from './files.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A key of the form AWS gives long-term (`AKIA`) or temporary (`ASIA`) credentials. */
export function randomCredentials(prefix: 'AKIA' | 'ASIA'): Credentials {
  const tail = Array.from({ length: 16 }, () => KEY_ALPHABET[randomInt(KEY_ALPHABET.length)]).join('');
  return { accessKeyId: prefix + tail, secretAccessKey: randomBytes(30).toString('base64') };
}

/**
 * The store's own key, made at first use: the only one the endpoint accepts. The file is readable by its owner alone
 * and comes to be all at once. Throws a KilnError when it is damaged.
 */
export async function loadCredentials(storeDir: string): Promise<Credentials> {
  const path = join(storeDir, 'credentials.json');
  const found = await readCredentials(path);
  if (found) return found;
  const made = randomCredentials('AKIA');
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeAtomically(draft, `${JSON.stringify(made, undefined, 2)}\n`);
  try {
    await link(draft, path);
    return made;
  } catch (error) {
    const other = systemCode(error) === 'EEXIST' ? await readCredentials(path) : undefined;
    if (other) return other;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readCredentials(path: string): Promise<Credentials | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new KilnError(`the local store's credentials cannot be read: ${describeFileError(path, error)}`, {
      cause: error,
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'accessKeyId' in value && 'secretAccessKey' in value) {
      const { accessKeyId, secretAccessKey } = value;
      if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string' && secretAccessKey.length >= 20)
        return { accessKeyId, secretAccessKey };
    }
  } catch {
    // Not JSON: damaged, as below.
  }
  throw new KilnError(`the local store's credentials file "${path}" is damaged`, {
    code: 'store-damaged',
    hint: 'delete it; new credentials are made at the next start',
  });
}
