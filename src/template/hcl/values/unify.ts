import { canConvert } from './convert.ts';
import { DYNAMIC, isPrimitive, listOf, mapOf, objectOf, sameType, type Type, tupleOf } from './types.ts';

/** The type that values of all these types can be converted to, or undefined. */
export function unifyTypes(types: readonly Type[]): Type | undefined {
  const [first] = types;
  if (!first) return DYNAMIC;
  if (types.every(type => sameType(type, first))) return first;
  if (types.some(type => type.kind === 'dynamic')) return DYNAMIC;
  const all = (...kinds: readonly Type['kind'][]): boolean => types.every(type => kinds.includes(type.kind));
  if (all('object')) return unifyObjects(types as readonly (Type & { kind: 'object' })[]);
  if (all('tuple')) return unifyTuples(types as readonly (Type & { kind: 'tuple' })[]);
  if (all('object', 'map')) return wrap(mapOf, types.flatMap(members));
  if (all('tuple', 'list')) return wrap(listOf, types.flatMap(members));
  return preferred(types);
}

function members(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'object':
      return [...type.attributes.values()];
    case 'tuple':
      return type.elements;
    case 'list':
    case 'set':
    case 'map':
      return [type.element];
    default:
      return [];
  }
}

function wrap(make: (element: Type) => Type, types: readonly Type[]): Type | undefined {
  const element = unifyTypes(types);
  return element && make(element);
}

function unifyObjects(types: readonly (Type & { kind: 'object' })[]): Type | undefined {
  const [first] = types;
  const names = [...(first?.attributes.keys() ?? [])];
  const same = types.every(
    type => type.attributes.size === names.length && names.every(name => type.attributes.has(name)),
  );
  if (!same) return wrap(mapOf, types.flatMap(members));
  const attributes: [string, Type][] = [];
  for (const name of names) {
    const common = unifyTypes(types.map(type => type.attributes.get(name) ?? DYNAMIC));
    if (!common) return undefined;
    attributes.push([name, common]);
  }
  return objectOf(attributes);
}

function unifyTuples(types: readonly (Type & { kind: 'tuple' })[]): Type | undefined {
  const length = types[0]?.elements.length ?? 0;
  if (types.some(type => type.elements.length !== length)) return wrap(listOf, types.flatMap(members));
  const elements: Type[] = [];
  for (let index = 0; index < length; index++) {
    const common = unifyTypes(types.map(type => type.elements[index] ?? DYNAMIC));
    if (!common) return undefined;
    elements.push(common);
  }
  return tupleOf(elements);
}

/** The most general of them that all others can become: string before number and bool, lists before sets. */
function preferred(types: readonly Type[]): Type | undefined {
  const rank = (type: Type): number => {
    if (type.kind === 'string') return 0;
    if (isPrimitive(type)) return 1;
    if (type.kind === 'list' || type.kind === 'map' || type.kind === 'set') {
      return (type.kind === 'set' ? 20 : 10) + rank(type.element);
    }
    return 40;
  };
  const candidates = [...types].sort((a, b) => rank(a) - rank(b));
  return candidates.find(wanted => types.every(type => canConvert(type, wanted)));
}
