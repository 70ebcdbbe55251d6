import { FunctionError } from './contract.ts';

/** The value of a key in a secret that is a JSON object; a secret that is no JSON is its own value. */
export function selectSecret(content: string, name: string, key: string | undefined): string {
  let data: unknown;
  try {
    data = JSON.parse(content);
  } catch {
    return content;
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return content;
  const members = Object.entries(data);
  const [only] = members;
  if (key === undefined && (members.length !== 1 || !only)) throw new FunctionError(`the secret "${name}" has ${members.length} keys: say which one`, 1);
  const value: unknown = key === undefined ? only?.[1] : Object.hasOwn(data, key) ? (data as Record<string, unknown>)[key] : undefined;
  if (value === undefined) throw new FunctionError(`the secret "${name}" has no key "${key ?? ''}"`, 1);
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Math.trunc(value).toFixed(0);
  throw new FunctionError(`the value of that key in the secret "${name}" is neither text nor a number`, 1);
}
