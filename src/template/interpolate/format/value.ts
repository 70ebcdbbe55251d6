import { type Budget, TextBuilder } from '../limits.ts';
import { ComplexValue, ListValue, typeName, type Value } from '../values.ts';
import type { Flags } from './flags.ts';
import { formatBool, formatComplex, formatFloatValue, formatInt, formatText } from './scalars.ts';

function formatScalar(value: Value, verb: string, flags: Flags): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return formatBool(value, verb, flags);
    case 'bigint':
      return formatInt(value, verb, flags);
    case 'number':
      return formatFloatValue(value, verb, flags);
    case 'string':
      return formatText(value, verb, flags);
    default:
      return value instanceof ComplexValue ? formatComplex(value, verb, flags) : undefined;
  }
}

/** `%!d(string=x)`: the verb does not fit. */
function badVerb(value: Value, verb: string, flags: Flags, budget: Budget): string {
  if (value === undefined) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(value)}=${formatValue(value, 'v', flags, budget)})`;
}

function formatMembers(value: Value, verb: string, flags: Flags, budget: Budget): string {
  const text = new TextBuilder();
  const go = flags.sharpV;
  const list = value instanceof ListValue;
  text.add(go ? `${typeName(value)}{` : list ? '[' : 'map[');
  const separate = (index: number): void => text.add(index === 0 ? '' : go ? ', ' : ' ');
  const inner = (one: Value): string => {
    budget.step();
    if (one !== undefined) return formatValue(one, verb, flags, budget);
    return go ? 'interface {}(nil)' : '<nil>';
  };
  if (list) {
    for (const [index, one] of value.items.entries()) {
      separate(index);
      text.add(inner(one));
    }
  } else if (typeof value === 'object' && !(value instanceof ComplexValue)) {
    for (const [index, key] of value.keys().entries()) {
      separate(index);
      text.add(`${inner(key)}:${inner(value.get(key))}`);
    }
  }
  text.add(go ? '}' : ']');
  return text.toString();
}

/** One value under one verb, as Go's fmt prints it. */
export function formatValue(value: Value, verb: string, flags: Flags, budget: Budget): string {
  if (value === undefined)
    return verb === 'v' || verb === 'T' ? flags.pad('<nil>') : badVerb(value, verb, flags, budget);
  if (verb === 'T') return formatText(typeName(value), 's', flags) ?? '';
  // Go knows %w for wrapped errors only.
  if (verb === 'w') return badVerb(value, verb, flags, budget);
  if (typeof value === 'object' && !(value instanceof ComplexValue) && verb !== 'p')
    return formatMembers(value, verb, flags, budget);
  return formatScalar(value, verb, flags) ?? badVerb(value, verb, flags, budget);
}
