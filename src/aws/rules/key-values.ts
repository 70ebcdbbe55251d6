import type { KeyValue, NameValue } from '../options/index.ts';

type Pairs = Readonly<Record<string, string>>;

/** A map with its one-block-per-entry form laid over it, as Packer merges `tags` and `tag`. */
export function mergePairs(map: Pairs | undefined, blocks: readonly (KeyValue | NameValue)[] | undefined): Pairs {
  const merged: Record<string, string> = { ...map };
  for (const block of blocks ?? []) merged['key' in block ? block.key : block.name] = block.value;
  return merged;
}

export function isEmpty(value: string | readonly unknown[] | object | undefined): boolean {
  if (value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** One row of CSV as Packer reads filter values: commas separate, double quotes protect; undefined when malformed. */
export function csvRow(text: string): readonly string[] | undefined {
  if (text.trim() === '') return undefined;
  const values: string[] = [];
  const field = /\s*(?:"((?:[^"]|"")*)"|([^,"]*))(,|$)/y;
  for (let at = 0; ; at = field.lastIndex) {
    field.lastIndex = at;
    const match = field.exec(text);
    if (!match) return undefined;
    values.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] !== ',') return values;
  }
}
