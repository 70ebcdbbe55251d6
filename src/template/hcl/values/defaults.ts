import { object, type Value } from './value.ts';

/** What optional attributes are when they are left out, as deep as the type goes; collections keep their element's under ''. */
export interface Defaults {
  readonly values: ReadonlyMap<string, Value>;
  readonly children: ReadonlyMap<string, Defaults>;
}

/** Fills in left-out and null attributes. The result still has to be converted to the type. */
export function applyDefaults(value: Value, defaults: Defaults): Value {
  if (value.kind === 'sequence') {
    const items = value.items.map((item, index) => {
      const inner = defaults.children.get('') ?? defaults.children.get(String(index));
      return inner ? applyDefaults(item, inner) : item;
    });
    return { ...value, type: { kind: 'tuple', elements: items.map(item => item.type) }, items };
  }
  if (value.kind !== 'mapping') return value;
  const element = defaults.children.get('');
  if (element) return object([...value.entries].map(([key, item]) => [key, applyDefaults(item, element)]));
  const entries = new Map(value.entries);
  for (const [name, fallback] of defaults.values) {
    const given = entries.get(name);
    if (!given || given.kind === 'null') entries.set(name, fallback);
  }
  for (const [name, inner] of defaults.children) {
    const given = entries.get(name);
    if (given) entries.set(name, applyDefaults(given, inner));
  }
  return object(entries);
}
