import { convert } from '../values/convert.ts';
import { DYNAMIC, describeType, listOf, mapOf, NUMBER, STRING, type Type } from '../values/types.ts';
import { unifyTypes } from '../values/unify.ts';
import { list, map, object, string, tuple, UNKNOWN, unknown, type Value, whole } from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { any, define, defineVariadic, entriesAt, itemsAt, of, text, textAt } from './define.ts';
import { graphemes } from './text.ts';

function keys(args: readonly Value[]): Value {
  const given = args[0];
  // The names of an object are known even where its values are not.
  const names =
    given?.type.kind === 'object'
      ? [...given.type.attributes.keys()]
      : given?.kind === 'mapping'
        ? [...given.entries.keys()]
        : undefined;
  if (given?.type.kind !== 'object' && given?.type.kind !== 'map' && given?.type.kind !== 'dynamic')
    throw new FunctionError(`a map or an object is required, not a ${describeType(given?.type ?? DYNAMIC)}`, 0);
  if (!names) return unknown(listOf(STRING));
  const texts = names.map(string);
  return given.type.kind === 'object' ? tuple(texts) : list(STRING, texts);
}

function values(args: readonly Value[]): Value {
  const given = args[0];
  const all = [...entriesAt(args, 0).values()];
  return given?.type.kind === 'map' ? list(given.type.element, all) : tuple(all);
}

function length(args: readonly Value[]): Value {
  const given = args[0] ?? UNKNOWN;
  if (given.kind === 'string') return whole(graphemes(given.text).length);
  if (given.kind === 'sequence')
    return given.type.kind === 'set' && given.items.some(item => item.kind === 'unknown')
      ? unknown(NUMBER)
      : whole(given.items.length);
  if (given.kind === 'mapping') return whole(given.entries.size);
  if (given.kind === 'unknown') {
    if (given.type.kind === 'tuple') return whole(given.type.elements.length);
    if (given.type.kind === 'object') return whole(given.type.attributes.size);
    if (given.type.kind !== 'number' && given.type.kind !== 'bool') return unknown(NUMBER);
  }
  throw new FunctionError(
    `a ${describeType(given.type)} has no length`,
    0,
    'pass a string, list, set, map, tuple or object',
  );
}

function lookup(args: readonly Value[]): Value {
  const given = args[0] ?? UNKNOWN;
  const fallback = args[2] ?? UNKNOWN;
  const entry = entriesAt(args, 0).get(textAt(args, 1));
  if (given.type.kind === 'map') {
    const type = unifyTypes([given.type.element, fallback.type]);
    if (!type)
      throw new FunctionError(
        `the default must be of the type of the map's elements, ${describeType(given.type.element)}`,
        2,
      );
    return convert(
      entry ?? fallback,
      fallback.type.kind === 'dynamic'
        ? given.type.element
        : given.type.element.kind === 'dynamic'
          ? type
          : given.type.element,
    );
  }
  return entry ?? fallback;
}

function merge(args: readonly Value[]): Value {
  const present = args.filter(one => one.kind !== 'null');
  if (present.some(one => one.kind === 'unknown')) return UNKNOWN;
  const entries = new Map<string, Value>();
  present.forEach(one => {
    if (one.kind !== 'mapping')
      throw new FunctionError(`maps or objects are required, not a ${describeType(one.type)}`, args.indexOf(one));
    for (const [key, value] of one.entries) entries.set(key, value);
  });
  const [first] = present;
  if (!first) return object([]);
  const type = present.every(one => one.type.kind === 'map') ? unifyTypes(present.map(one => one.type)) : undefined;
  if (type?.kind === 'map')
    return map(
      type.element,
      [...entries].map(([key, value]) => [key, convert(value, type.element)]),
    );
  return object(entries);
}

function zipmap(args: readonly Value[]): Value {
  const names = itemsAt(args, 0);
  const given = itemsAt(args, 1);
  if (names.length !== given.length)
    throw new FunctionError(`there are ${names.length} keys, but ${given.length} values`, 1);
  const entries = names.map((name, index): [string, Value] => {
    if (name.kind !== 'string') throw new FunctionError(`key ${index} is null`, 0);
    return [name.text, given[index] ?? UNKNOWN];
  });
  const type = args[1]?.type;
  return type?.kind === 'list' ? map(type.element, new Map(entries)) : object(new Map(entries));
}

const elements = (type: Type | undefined): Type => (type?.kind === 'map' ? type.element : DYNAMIC);
const source = any('map', { partial: true });

export const mapFunctions: Readonly<Record<string, HclFunction>> = {
  keys: define([any('map', { unknowable: true })], listOf(STRING), keys),
  length: define([any('value', { unknowable: true })], NUMBER, length),
  lookup: define(
    [source, text('key'), any('default', { nullable: true, unknowable: true })],
    args => elements(args[0]?.type),
    lookup,
  ),
  merge: defineVariadic([], any('maps', { nullable: true, unknowable: true }), DYNAMIC, merge),
  values: define([source], args => (args[0]?.type.kind === 'map' ? listOf(args[0].type.element) : DYNAMIC), values),
  zipmap: define(
    [of('keys', listOf(STRING)), any('values', { partial: true })],
    args => (args[1]?.type.kind === 'list' ? mapOf(args[1].type.element) : DYNAMIC),
    zipmap,
  ),
};
