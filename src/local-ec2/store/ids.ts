import { randomBytes, randomInt } from 'node:crypto';

/** A new resource id, e.g. `i-0a1b2c3d4e5f60718`: 17 hex digits after the prefix, as EC2 gives since 2016. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString('hex')}`;
}

/** `prefix-` and 8 or 17 hex digits. */
export function isWellFormedId(prefix: string, id: string): boolean {
  return id.startsWith(`${prefix}-`) && /^([0-9a-f]{8}|[0-9a-f]{17})$/.test(id.slice(prefix.length + 1));
}

/** An IAM id such as `AROA...`: the prefix and 17 of A-Z, 2-7. */
export function newIamId(prefix: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return prefix + Array.from({ length: 17 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export function newAccountId(): string {
  return String(randomInt(1, 10)) + Array.from({ length: 11 }, () => String(randomInt(10))).join('');
}
