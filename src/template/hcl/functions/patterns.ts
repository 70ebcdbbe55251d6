import { DYNAMIC, listOf, objectOf, STRING, type Type, tupleOf } from '../values/types.ts';
import { list, nullOf, object, string, tuple, type Value } from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { define, text, textAt } from './define.ts';
import { type Match, matchesOf } from './pattern-match.ts';
import { compilePattern, type Pattern } from './re2.ts';

/** What a match gives: the text itself, its unnamed groups as a tuple, or its named groups as an object. */
function resultOf(pattern: Pattern, match: Match): Value {
  const group = (index: number): Value => {
    const found = match.texts[index + 1];
    return found === undefined ? nullOf(STRING) : string(found);
  };
  const { groups } = pattern;
  if (groups.length === 0) return string(match.texts[0] ?? '');
  if (groups.every(name => name === undefined)) return tuple(groups.map((_, index) => group(index)));
  return object(groups.map((name, index): [string, Value] => [name ?? '', group(index)]));
}

function resultType({ groups }: Pattern): Type {
  if (groups.length === 0) return STRING;
  if (groups.every(name => name === undefined)) return tupleOf(groups.map(() => STRING));
  return objectOf(groups.map(name => [name ?? '', STRING]));
}

function patternAt(args: readonly Value[], index: number): Pattern {
  const pattern = compilePattern(textAt(args, index), index);
  const named = pattern.groups.filter(name => name !== undefined).length;
  if (named > 0 && named < pattern.groups.length)
    throw new FunctionError(
      'the pattern mixes named and unnamed groups',
      index,
      'name all groups, or write (?:...) for those that give no result',
    );
  return pattern;
}

function allMatches({ program, groups }: Pattern, given: string): Generator<Match> {
  return matchesOf(program, groups.length, given);
}

function typeFor(args: readonly Value[]): Type {
  const [first] = args;
  return first?.kind === 'string' ? resultType(patternAt(args, 0)) : DYNAMIC;
}

function matchOnce(args: readonly Value[]): Value {
  const pattern = patternAt(args, 0);
  const [match] = allMatches(pattern, textAt(args, 1));
  if (!match)
    throw new FunctionError(
      `the pattern matches nothing in ${JSON.stringify(textAt(args, 1).slice(0, 60))}`,
      0,
      'regexall gives an empty list instead of an error',
    );
  return resultOf(pattern, match);
}

function matchAll(args: readonly Value[]): Value {
  const pattern = patternAt(args, 0);
  return list(
    resultType(pattern),
    [...allMatches(pattern, textAt(args, 1))].map(match => resultOf(pattern, match)),
  );
}

/** `$1`, `$name`, `${name}` and `$$` of Go's replacement templates; unknown names give nothing. */
function expand(template: string, pattern: Pattern, match: Match): string {
  return template.replace(
    /\$(?:\$|(\w+)|\{(\w+)\})/g,
    (whole: string, bare: string | undefined, braced: string | undefined) => {
      if (whole === '$$') return '$';
      const name = bare ?? braced ?? '';
      const index = /^\d+$/.test(name) ? Number(name) : pattern.groups.indexOf(name) + 1;
      return index === 0 && name !== '0' ? '' : (match.texts[index] ?? '');
    },
  );
}

function replaceAll(args: readonly Value[]): Value {
  const pattern = compilePattern(textAt(args, 1), 1);
  const given = textAt(args, 0);
  let result = '';
  let end = 0;
  for (const match of allMatches(pattern, given)) {
    result += given.slice(end, match.index) + expand(textAt(args, 2), pattern, match);
    end = match.end;
  }
  return string(result + given.slice(end));
}

export const patternFunctions: Readonly<Record<string, HclFunction>> = {
  regex: define([text('pattern'), text('string')], typeFor, matchOnce),
  regexall: define([text('pattern'), text('string')], args => listOf(typeFor(args)), matchAll),
  regex_replace: define([text('str'), text('pattern'), text('replace')], STRING, replaceAll),
};
