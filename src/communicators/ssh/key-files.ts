import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describeFileError } from '../../sdk/errors.ts';

/** What reading a key file gave: its text, or what is wrong with it and what to do. */
export type KeyFile =
  | { readonly text: string }
  | { readonly problem: string; readonly hint?: string; readonly missing?: boolean };

/** `~` and `~/x` as the user's home folder; everything else unchanged. */
export function expandHome(path: string): string {
  if (path === '~') return homedir();
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

/** Reads a private key file and judges it without loading an SSH library, as validation must stay quick. */
export function readPrivateKey(path: string): KeyFile {
  const file = readText(path);
  if ('problem' in file) return file;
  const wrong = judgePrivateKey(file.text);
  return wrong === undefined ? file : { problem: `"${path}" ${wrong.problem}`, hint: wrong.hint };
}

/** Reads an OpenSSH user certificate (the `-cert.pub` file). */
export function readCertificate(path: string): KeyFile {
  const file = readText(path);
  if ('problem' in file) return file;
  if (parseCertificate(file.text)) return file;
  return {
    problem: `"${path}" is not an OpenSSH certificate`,
    hint: 'it is the file that "ssh-keygen -s" wrote, usually named like the key with "-cert.pub"',
  };
}

/** Type and blob of a certificate line; undefined when it is none. */
export function parseCertificate(text: string): { readonly type: string; readonly blob: Buffer } | undefined {
  const [type = '', base64 = ''] = text.trim().split(/\s+/);
  if (!/^[\w@.-]+-cert-v01@openssh\.com$/.test(type)) return undefined;
  const blob = Buffer.from(base64, 'base64');
  return readString(blob, 0)?.toString('latin1') === type ? { type, blob } : undefined;
}

function readText(path: string): KeyFile {
  try {
    return { text: readFileSync(expandHome(path), 'utf8') };
  } catch (error) {
    return { problem: describeFileError(path, error), missing: true };
  }
}

function judgePrivateKey(text: string): { problem: string; hint: string } | undefined {
  const key = text.trim();
  if (/^(ssh-|ecdsa-|sk-)|^-----BEGIN (SSH2 )?PUBLIC KEY/.test(key))
    return { problem: 'is a public key', hint: 'name the private key, usually the same file without ".pub"' };
  if (isEncrypted(key))
    return {
      problem: 'is protected by a passphrase, which kiln cannot ask for',
      hint: 'load it into an agent and use ssh_agent_auth, or remove the passphrase with "ssh-keygen -p"',
    };
  if (isPrivateKey(key)) return undefined;
  return {
    problem: key === '' ? 'is empty' : 'is not a private key that SSH knows',
    hint: 'it must be an OpenSSH or PEM private key; "ssh-keygen -y -f FILE" tells whether it is one',
  };
}

const OPENSSH = /^-----BEGIN OPENSSH PRIVATE KEY-----\s+([\s\S]+?)\s+-----END OPENSSH PRIVATE KEY-----/;
const OPENSSH_MAGIC = 'openssh-key-v1\0';

function isEncrypted(key: string): boolean {
  const openssh = OPENSSH.exec(key);
  if (openssh) {
    const cipher = readString(Buffer.from(openssh[1] ?? '', 'base64'), OPENSSH_MAGIC.length);
    return cipher !== undefined && cipher.toString('latin1') !== 'none';
  }
  if (key.startsWith('PuTTY-User-Key-File-')) return !/^Encryption: none\r?$/m.test(key);
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key);
}

function isPrivateKey(key: string): boolean {
  const openssh = OPENSSH.exec(key);
  if (openssh) {
    const blob = Buffer.from(openssh[1] ?? '', 'base64');
    if (blob.toString('latin1', 0, OPENSSH_MAGIC.length) !== OPENSSH_MAGIC) return false;
    // cipher, kdf, kdf options, number of keys, public key, private part: all of it must be there.
    let at = OPENSSH_MAGIC.length;
    for (let field = 0; field < 3; field++) at += 4 + (readString(blob, at)?.length ?? blob.length);
    const publicKey = readString(blob, at + 4);
    return publicKey !== undefined && readString(blob, at + 8 + publicKey.length) !== undefined;
  }
  if (key.startsWith('PuTTY-User-Key-File-')) return /^Private-Lines: \d+/m.test(key);
  if (!/^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(key)) return false;
  try {
    // Only when a template names a PEM key is the crypto module worth its start-up time.
    process.getBuiltinModule('node:crypto').createPrivateKey(key);
    return true;
  } catch {
    return false;
  }
}

/** The length-prefixed string at an offset of an SSH blob; undefined when it runs past the end. */
export function readString(blob: Buffer, at: number): Buffer | undefined {
  if (at + 4 > blob.length) return undefined;
  const length = blob.readUInt32BE(at);
  return at + 4 + length > blob.length ? undefined : blob.subarray(at + 4, at + 4 + length);
}
