import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A UUID whose first eight digits are the time in seconds, so that names sort by creation (reference: name-rules.md). */
export function timeOrderedUuid(): string {
  const time = Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, '0');
  const rest = randomBytes(12).toString('hex');
  return [time, rest.slice(0, 4), rest.slice(4, 8), rest.slice(8, 12), rest.slice(12)].join('-');
}

/** Random letters and digits. */
export function randomName(length: number): string {
  return [...randomBytes(length)].map(byte => ALPHABET[byte % ALPHABET.length]).join('');
}
