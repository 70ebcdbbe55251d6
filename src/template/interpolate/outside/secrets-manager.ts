import type { SecretLookup } from '../lookups.ts';

/** The whole text of a secret in AWS Secrets Manager. Throws an error that says why there is none. */
export async function readRawSecret(name: string, lookup: SecretLookup | undefined): Promise<string> {
  if (!lookup) throw new Error('AWS Secrets Manager cannot be asked here');
  const content = await lookup.read(name);
  if (content.kind === 'text') return content.text;
  throw new Error(`the secret "${name}" is binary, and only text can be used in a template`);
}

/** A member of a secret that is a JSON object, or the whole of one that is not. `key` may be left out for a single member. */
export async function readSecret(
  name: string,
  key: string | undefined,
  lookup: SecretLookup | undefined,
): Promise<string> {
  const text = await readRawSecret(name, lookup);
  const members = parseObject(text);
  if (!members) return text;
  const names = Object.keys(members);
  if (key === undefined && names.length !== 1)
    throw new Error(
      `the secret "${name}" has ${names.length} keys; name one: {{ aws_secretsmanager \`${name}\` \`KEY\` }}`,
    );
  const wanted = key ?? names[0] ?? '';
  if (!Object.hasOwn(members, wanted))
    throw new Error(`the secret "${name}" has no key "${wanted}"; it has ${names.sort().join(', ')}`);
  const value = members[wanted];
  if (typeof value === 'string') return value;
  // Without decimals, as Packer prints them.
  if (typeof value === 'number') return value.toFixed(0);
  throw new Error(`the key "${wanted}" of the secret "${name}" is neither text nor a number`);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
