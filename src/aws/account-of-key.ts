const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The account id inside an access key id; undefined for keys of the old form (before 2019), which hold none. The id is
 * bits 1 to 40 of the base 32 text after the four-letter prefix (what `aws sts get-access-key-info` tells, without asking).
 */
export function accountOfKey(accessKeyId: string): string | undefined {
  const match = /^A[KS]IA([A-Z2-7]{16})$/.exec(accessKeyId);
  const body = match?.[1] ?? '';
  // Old keys begin with I or J here.
  if (body === '' || body < 'Q') return undefined;
  let bits = 0n;
  for (const letter of body.slice(0, 10)) bits = bits * 32n + BigInt(ALPHABET.indexOf(letter));
  // Ten letters are 50 bits; the account is in the first 48, without the first and the last 7.
  return String(((bits >> 2n) & 0x7fffffffff80n) >> 7n).padStart(12, '0');
}
