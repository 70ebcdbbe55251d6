import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { makeKeyPair } from '../../keys.ts';
import type { GuestFiles } from './files.ts';

export interface HostKey {
  /** PEM or OpenSSH text. */
  readonly privateKey: string;
  /** One OpenSSH line, without a comment. */
  readonly publicLine: string;
}

const KINDS = ['ed25519', 'ecdsa'] as const;

function pathOf(kind: string): string {
  return `/etc/ssh/ssh_host_${kind}_key`;
}

/**
 * The machine's host keys: fresh ones at first boot, as cloud-init makes them, else those its files hold. They are
 * kept where OpenSSH has them.
 */
export async function hostKeys(files: GuestFiles, hostname: string, fresh: boolean): Promise<HostKey[]> {
  if (!fresh) {
    const kept = await readKeys(files);
    if (kept.length > 0) return kept;
  }
  const keys = await Promise.all([makeEd25519(), makeEcdsa()]);
  await files.makeFolder('/etc/ssh', 0o755, { parents: true });
  for (const [index, key] of keys.entries()) {
    const path = pathOf(KINDS[index] ?? '');
    await files.writeText(path, key.privateKey, 0o600);
    await files.writeText(`${path}.pub`, `${key.publicLine} root@${hostname}\n`, 0o644);
  }
  // Keys of other kinds came with the image and would be the same on all its machines.
  for (const kind of ['rsa', 'dsa'])
    for (const path of [pathOf(kind), `${pathOf(kind)}.pub`]) await files.remove(path, 'file').catch(() => {});
  return keys;
}

async function readKeys(files: GuestFiles): Promise<HostKey[]> {
  const keys: HostKey[] = [];
  for (const kind of KINDS) {
    const privateKey = await files.readText(pathOf(kind), 65_536);
    const parsed = privateKey === undefined ? undefined : ssh2.utils.parseKey(privateKey);
    if (privateKey === undefined || !parsed || parsed instanceof Error || Array.isArray(parsed)) continue;
    if (parsed.isPrivateKey()) keys.push({ privateKey, publicLine: lineOf(parsed.type, parsed.getPublicSSH()) });
  }
  return keys;
}

function lineOf(type: string, blob: Buffer): string {
  return `${type} ${blob.toString('base64')}`;
}

async function makeEcdsa(): Promise<HostKey> {
  const { privateKey } = await promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  return fromPrivate(privateKey);
}

async function makeEd25519(): Promise<HostKey> {
  // Not ssh2's own generator: one in 250 of its ed25519 keys is malformed (seen with 1.17).
  const { privateKey } = await makeKeyPair('ed25519');
  return fromPrivate(privateKey);
}

function fromPrivate(privateKey: string): HostKey {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return { privateKey, publicLine: lineOf(parsed.type, parsed.getPublicSSH()) };
}
