/** Key pairs as EC2 makes and describes them. */
import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  publicEncrypt,
} from 'node:crypto';
import { promisify } from 'node:util';
import { ApiError } from './protocol/errors.ts';

const generate = promisify(generateKeyPair);

export interface MadeKeyPair {
  /** PEM: PKCS#1 for rsa, OpenSSH's own format for ed25519, as EC2 hands them out. */
  readonly privateKey: string;
  /** `ssh-rsa AAAA...` without comment. */
  readonly publicKey: string;
  readonly fingerprint: string;
}

/** A key pair made by EC2: 2048-bit RSA or Ed25519. */
export async function makeKeyPair(type: 'rsa' | 'ed25519'): Promise<MadeKeyPair> {
  if (type === 'ed25519') {
    const { publicKey, privateKey } = await generate('ed25519');
    const line = ed25519Line(publicKey);
    return {
      privateKey: openSshPrivateKey(publicKey, privateKey),
      publicKey: line,
      fingerprint: sha256Fingerprint(line),
    };
  }
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
  // The fingerprint of a key EC2 made is the SHA-1 of the private key in PKCS#8.
  const fingerprint = colons(
    createHash('sha1')
      .update(privateKey.export({ type: 'pkcs8', format: 'der' }))
      .digest('hex'),
  );
  return {
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    publicKey: rsaLine(publicKey),
    fingerprint,
  };
}

/** A host key for a machine that runs nothing: always the same for one root volume, as a real disk would have it. */
export async function generateHostKey(hostname: string, seed: string): Promise<string> {
  const secret = createHash('sha256').update(`kiln hollow machine ${seed}`).digest();
  // PKCS#8 wrapping of a raw Ed25519 private key (RFC 8410).
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return `${ed25519Line(key)} root@${hostname}`;
}

/** An imported public key, normalized. Throws InvalidKey.Format. */
export function readPublicKey(material: Buffer): {
  readonly type: 'rsa' | 'ed25519';
  readonly publicKey: string;
  readonly fingerprint: string;
} {
  const text = material.toString('utf8').trim();
  const [algorithm = '', encoded = ''] = text.split(/\s+/);
  const bytes = Buffer.from(encoded, 'base64');
  const first = readText(bytes, 0);
  if ((algorithm !== 'ssh-rsa' && algorithm !== 'ssh-ed25519') || first?.text !== algorithm)
    throw new ApiError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
  const publicKey = `${algorithm} ${encoded}`;
  if (algorithm === 'ssh-ed25519') return { type: 'ed25519', publicKey, fingerprint: sha256Fingerprint(publicKey) };
  const fingerprint = colons(createHash('md5').update(spkiOf(bytes)).digest('hex'));
  return { type: 'rsa', publicKey, fingerprint };
}

/** DER of an RSA key's SubjectPublicKeyInfo, from its OpenSSH blob: what EC2 takes the MD5 of. */
function spkiOf(blob: Buffer): Buffer {
  return rsaKeyOf(blob).export({ type: 'spki', format: 'der' });
}

function rsaKeyOf(blob: Buffer): KeyObject {
  const name = readText(blob, 0);
  const exponent = name && readText(blob, name.end);
  const modulus = exponent && readText(blob, exponent.end);
  if (!modulus) throw new ApiError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
  const unsigned = (bytes: Buffer): string => (bytes[0] === 0 ? bytes.subarray(1) : bytes).toString('base64url');
  try {
    return createPublicKey({
      key: { kty: 'RSA', n: unsigned(modulus.bytes), e: unsigned(exponent.bytes) },
      format: 'jwk',
    });
  } catch {
    throw new ApiError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
  }
}

/** A Windows password as GetPasswordData gives it: PKCS#1 v1.5 encrypted to the launch key, base64. */
export function encryptPassword(password: string, publicKeyLine: string): string {
  const blob = Buffer.from(publicKeyLine.split(' ')[1] ?? '', 'base64');
  return publicEncrypt({ key: rsaKeyOf(blob), padding: constants.RSA_PKCS1_PADDING }, Buffer.from(password)).toString(
    'base64',
  );
}

function ed25519Raw(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function ed25519Line(key: KeyObject): string {
  return `ssh-ed25519 ${Buffer.concat([packed('ssh-ed25519'), packed(ed25519Raw(key))]).toString('base64')}`;
}

function rsaLine(key: KeyObject): string {
  const { n = '', e = '' } = key.export({ format: 'jwk' });
  const blob = Buffer.concat([packed('ssh-rsa'), packed(positive(e)), packed(positive(n))]);
  return `ssh-rsa ${blob.toString('base64')}`;
}

/** The key in OpenSSH's own private key format (PROTOCOL.key), not encrypted. */
function openSshPrivateKey(publicKey: KeyObject, privateKey: KeyObject): string {
  const raw = ed25519Raw(publicKey);
  const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const check = createHash('sha256').update(raw).digest().subarray(0, 4);
  const body = [check, check, packed('ssh-ed25519'), packed(raw), packed(Buffer.concat([secret, raw])), packed('')];
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    packed('none'),
    packed('none'),
    packed(''),
    Buffer.from([0, 0, 0, 1]),
    packed(Buffer.concat([packed('ssh-ed25519'), packed(raw)])),
    packed(Buffer.concat([...body, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function sha256Fingerprint(line: string): string {
  const digest = createHash('sha256')
    .update(Buffer.from(line.split(' ')[1] ?? '', 'base64'))
    .digest('base64');
  return digest;
}

function positive(encoded: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

function packed(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function readText(blob: Buffer, at: number): { text: string; bytes: Buffer; end: number } | undefined {
  if (at + 4 > blob.length) return undefined;
  const end = at + 4 + blob.readUInt32BE(at);
  if (end > blob.length) return undefined;
  const bytes = blob.subarray(at + 4, end);
  return { text: bytes.toString('latin1'), bytes, end };
}

function colons(hex: string): string {
  return hex.match(/../g)?.join(':') ?? '';
}
