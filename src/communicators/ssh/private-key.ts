import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import ssh2 from 'ssh2';
import { KilnError } from '../../sdk/errors.ts';

/** What ssh2 calls a parsed key; the methods used here. */
export interface ParsedKey {
  readonly type: string;
  getPublicSSH(): Buffer;
  sign(data: Buffer, algorithm?: string): Buffer | Error;
}

/** Parses a private key in any usual form, PKCS#8 included, which ssh2 itself does not read. */
export function parsePrivateKey(text: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(/^-----BEGIN PRIVATE KEY-----/.test(text.trim()) ? fromPkcs8(text) : text);
  if (!(parsed instanceof Error)) {
    const [key] = Array.isArray(parsed) ? parsed : [parsed];
    if (key) return key as ParsedKey;
  }
  const reason = parsed instanceof Error ? parsed.message : 'it holds no key';
  throw new KilnError(`a private key could not be read: ${reason}`);
}

/** A PKCS#8 key in the form that ssh2 reads. */
export function fromPkcs8(text: string): string {
  const key = createPrivateKey(text);
  if (key.asymmetricKeyType === 'ed25519') return ed25519ToOpenSsh(key);
  const type = key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs1';
  return key.export({ type, format: 'pem' } as const).toString();
}

/** OpenSSH's own format (PROTOCOL.key): the only one ssh2 reads ed25519 keys from. */
function ed25519ToOpenSsh(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' });
  const publicPart = Buffer.from(jwk.x ?? '', 'base64url');
  const secretPart = Buffer.from(jwk.d ?? '', 'base64url');
  const publicBlob = Buffer.concat([sshString('ssh-ed25519'), sshString(publicPart)]);
  const check = randomBytes(4);
  const inner = Buffer.concat([
    check,
    check,
    publicBlob,
    sshString(Buffer.concat([secretPart, publicPart])),
    sshString(''),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob),
    sshString(Buffer.concat([inner, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** A length-prefixed string of the SSH wire format. */
export function sshString(value: string | Buffer): Buffer {
  const body = typeof value === 'string' ? Buffer.from(value) : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
