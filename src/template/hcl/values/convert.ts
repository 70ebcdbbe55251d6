import { parseNumber, toText } from './number.ts';
import { DYNAMIC, describeType, hasDynamic, type ObjectType, sameType, type Type, withoutOptional } from './types.ts';
import { unifyTypes } from './unify.ts';
import { bool, list, map, nullOf, number, object, set, string, tuple, unknown, type Value } from './value.ts';

/** Why a value cannot be converted: an unfinished sentence such as `a number is required, not a list`. */
export class ConversionError extends Error {
  /** Steps from the value to the part that does not fit. */
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[] = []) {
    super(message);
    this.name = 'ConversionError';
    this.path = path;
  }
}

/** Converts by the language's rules, including those that fail for some values; throws a ConversionError. */
export function convert(value: Value, wanted: Type): Value {
  if (wanted.kind === 'dynamic' || sameType(value.type, wanted)) return value;
  if ('element' in wanted && wanted.element.kind === 'dynamic' && value.type.kind === wanted.kind) return value;
  if (value.kind === 'null') return nullOf(withoutOptional(wanted));
  if (value.kind === 'unknown') {
    if (!canConvert(value.type, wanted)) throw mismatch(value, wanted);
    return unknown(withoutOptional(wanted));
  }
  switch (wanted.kind) {
    case 'string':
      if (value.kind === 'number') return string(toText(value.number));
      if (value.kind === 'bool') return string(String(value.flag));
      break;
    case 'number':
      if (value.kind === 'string') return textToNumber(value.text);
      break;
    case 'bool':
      if (value.kind === 'string') return textToBool(value.text);
      break;
    case 'list':
    case 'set':
      if (value.kind === 'sequence') return toCollection(value.items, wanted);
      break;
    case 'map':
      if (value.kind === 'mapping') return toMap(value.entries, wanted.element);
      break;
    case 'tuple':
      if (value.kind === 'sequence' && value.type.kind === 'tuple' && value.items.length === wanted.elements.length) {
        return tuple(
          value.items.map((item, index) => within(index, () => convert(item, wanted.elements[index] ?? DYNAMIC))),
        );
      }
      break;
    case 'object':
      if (value.kind === 'mapping') return toObject(value.entries, wanted);
  }
  throw mismatch(value, wanted);
}

function within<T>(step: string | number, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof ConversionError) throw new ConversionError(error.message, [step, ...error.path]);
    throw error;
  }
}

function mismatch(value: Value, wanted: Type): ConversionError {
  if (wanted.kind === 'tuple' && value.type.kind === 'tuple') {
    return new ConversionError(
      `a tuple of ${wanted.elements.length} elements is required, not of ${value.type.elements.length}`,
    );
  }
  const needed = wanted.kind === 'tuple' ? 'tuple' : describeType(wanted);
  return new ConversionError(`${withArticle(needed)} is required, not ${withArticle(describeType(value.type))}`);
}

export function withArticle(text: string): string {
  if (text.startsWith('any ')) return text;
  return `${/^[aeio]/.test(text) ? 'an' : 'a'} ${text}`;
}

function textToNumber(text: string): Value {
  const parsed = parseNumber(text);
  if (!parsed) throw new ConversionError(`a number is required, and ${JSON.stringify(text)} is none`);
  return number(parsed);
}

function textToBool(text: string): Value {
  if (text === 'true' || text === '1') return bool(true);
  if (text === 'false' || text === '0') return bool(false);
  const lower = text.toLowerCase();
  const advice = lower === 'true' || lower === 'false' ? `; write ${lower} in small letters` : '';
  throw new ConversionError(`true or false is required, and ${JSON.stringify(text)} is neither${advice}`);
}

/** With elements of any type: the one type they have in common. */
function commonType(values: readonly Value[], what: string): Type {
  if (values.length === 0) return DYNAMIC;
  const common = unifyTypes(values.map(one => one.type));
  if (!common) throw new ConversionError(`all elements of a ${what} must have one type, and these differ too much`);
  return common;
}

function toCollection(items: readonly Value[], wanted: Type & { kind: 'list' | 'set' }): Value {
  const element = hasDynamic(wanted.element) ? refine(items, wanted.element, wanted.kind) : wanted.element;
  const converted = items.map((item, index) => within(index, () => convert(item, element)));
  return (wanted.kind === 'list' ? list : set)(withoutOptional(element), converted);
}

function refine(items: readonly Value[], element: Type, what: string): Type {
  if (element.kind === 'dynamic') return commonType(items, what);
  return commonType(
    items.map((item, index) => within(index, () => convert(item, element))),
    what,
  );
}

function toMap(entries: ReadonlyMap<string, Value>, wanted: Type): Value {
  const element = hasDynamic(wanted) ? refine([...entries.values()], wanted, 'map') : wanted;
  const converted = [...entries].map(([key, item]) => [key, within(key, () => convert(item, element))] as const);
  return map(withoutOptional(element), converted);
}

function toObject(entries: ReadonlyMap<string, Value>, wanted: ObjectType): Value {
  const result: [string, Value][] = [];
  const missing: string[] = [];
  for (const [name, type] of wanted.attributes) {
    const given = entries.get(name);
    if (given) result.push([name, within(name, () => convert(given, type))]);
    else if (wanted.optional?.has(name)) result.push([name, nullOf(withoutOptional(type))]);
    else missing.push(name);
  }
  if (missing.length > 0) {
    const names = missing.map(name => `"${name}"`).join(', ');
    throw new ConversionError(
      `the ${missing.length === 1 ? 'attribute' : 'attributes'} ${names} ${missing.length === 1 ? 'is' : 'are'} missing`,
    );
  }
  return object(result);
}

/** Whether some value of the first type can become one of the second. */
export function canConvert(from: Type, to: Type): boolean {
  if (to.kind === 'dynamic' || from.kind === 'dynamic' || sameType(from, to)) return true;
  switch (to.kind) {
    case 'string':
      return from.kind === 'number' || from.kind === 'bool';
    case 'number':
    case 'bool':
      return from.kind === 'string';
    case 'list':
    case 'set':
      if (from.kind === 'list' || from.kind === 'set') return canConvert(from.element, to.element);
      return (
        from.kind === 'tuple' &&
        from.elements.every(one => canConvert(one, to.element)) &&
        hasCommon(from.elements, to.element)
      );
    case 'map':
      if (from.kind === 'map') return canConvert(from.element, to.element);
      return (
        from.kind === 'object' &&
        [...from.attributes.values()].every(one => canConvert(one, to.element)) &&
        hasCommon([...from.attributes.values()], to.element)
      );
    case 'tuple':
      return (
        from.kind === 'tuple' &&
        from.elements.length === to.elements.length &&
        from.elements.every((one, index) => canConvert(one, to.elements[index] ?? DYNAMIC))
      );
    case 'object':
      if (from.kind === 'map') return [...to.attributes.values()].every(one => canConvert(from.element, one));
      return (
        from.kind === 'object' &&
        [...to.attributes].every(([name, one]) => {
          const given = from.attributes.get(name);
          return given ? canConvert(given, one) : to.optional?.has(name) === true;
        })
      );
  }
}

function hasCommon(types: readonly Type[], element: Type): boolean {
  return element.kind !== 'dynamic' || types.length === 0 || unifyTypes(types) !== undefined;
}
