import ssh2, { type ParsedKey, type PublicKeyAuthContext } from 'ssh2';

/** Key lines of an authorized_keys text as parsed keys; comments, options and what cannot be read are passed over. */
export function parseAuthorizedKeys(text: string): ParsedKey[] {
  const keys: ParsedKey[] = [];
  for (const line of text.split('\n')) {
    const key = /(?:^|\s)((?:ssh|ecdsa|sk)-\S+\s+[A-Za-z0-9+/=]+)/.exec(line.trim());
    // Lines with options restrict what the key may do; kiln, which could not keep to them, does not admit them.
    if (!key?.[1] || !line.trim().startsWith(key[1])) continue;
    const parsed = ssh2.utils.parseKey(key[1]);
    if (!(parsed instanceof Error) && !Array.isArray(parsed)) keys.push(parsed);
  }
  return keys;
}

/** The allowed key that the client offers; undefined when none is. */
export function offeredKey(context: PublicKeyAuthContext, allowed: readonly ParsedKey[]): ParsedKey | undefined {
  return allowed.find(key => key.type === context.key.algo && key.getPublicSSH().equals(context.key.data));
}

/** Whether the client has proven that it holds the key, rather than only asked if it would do. */
export function provesKey(context: PublicKeyAuthContext, key: ParsedKey): boolean {
  if (!context.signature || !context.blob) return false;
  return key.verify(context.blob, context.signature, context.hashAlgo) === true;
}
