import { convert } from '../values/convert.ts';
import { DYNAMIC, listOf, setOf, type Type, tupleOf } from '../values/types.ts';
import { unifyTypes } from '../values/unify.ts';
import { identity, list, set, tuple, type Value } from '../values/value.ts';
import { FunctionError, type HclFunction, type PlainFunction } from './contract.ts';
import { any, defineVariadic, itemsAt, of } from './define.ts';

const anySet = (name: string) => of(name, setOf(DYNAMIC));

/** A function over sets that are first brought to one element type. */
function overSets(combine: (sets: readonly (readonly Value[])[]) => readonly Value[]): PlainFunction {
  return defineVariadic([anySet('first_set')], anySet('other_sets'), setOf(DYNAMIC), args => {
    const given = args.map((_, index) => itemsAt(args, index));
    // Empty sets have no type of their own to agree on.
    const types = args.flatMap((one, index) =>
      one.type.kind === 'set' && (given[index]?.length ?? 0) > 0 ? [one.type.element] : [],
    );
    const type = unifyTypes(types);
    if (!type) throw new FunctionError('the sets must have elements of one type');
    return set(type, combine(given.map(items => items.map(item => convert(item, type)))));
  });
}

function intersect(sets: readonly (readonly Value[])[]): readonly Value[] {
  const [first = [], ...others] = sets.map(items => new Map(items.map(item => [identity(item), item])));
  return [...(first as Map<string, Value>)]
    .filter(([key]) => others.every(other => other.has(key)))
    .map(([, item]) => item);
}

const LARGEST_PRODUCT = 100_000;

function product(args: readonly Value[]): Value {
  if (args.length < 2) throw new FunctionError('at least two lists or sets are required');
  let rows: readonly Value[][] = [[]];
  args.forEach((_, index) => {
    const items = itemsAt(args, index);
    if (rows.length * items.length > LARGEST_PRODUCT)
      throw new FunctionError(`more than ${LARGEST_PRODUCT} combinations`, index);
    rows = rows.flatMap(row => items.map(item => [...row, item]));
  });
  const columns: Type[] = args.map(one => {
    if (one.type.kind === 'list' || one.type.kind === 'set') return one.type.element;
    return unifyTypes(one.type.kind === 'tuple' ? one.type.elements : []) ?? DYNAMIC;
  });
  const tuples = rows.map(row => tuple(row.map((item, index) => convert(item, columns[index] ?? DYNAMIC))));
  const element = tuples[0]?.type ?? tupleOf(columns);
  return args.some(one => one.type.kind === 'set') ? set(element, tuples) : list(element, tuples);
}

export const setFunctions: Readonly<Record<string, HclFunction>> = {
  setintersection: overSets(intersect),
  setproduct: defineVariadic([], any('sets'), listOf(DYNAMIC), product),
  setunion: overSets(sets => sets.flat()),
};
