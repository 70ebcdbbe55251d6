import type { CompiledValidator, SchemaError } from './catalog.ts';
import type { Decoded } from './decode.ts';
import { type Diagnostic, errorAt } from './diagnostics.ts';
import { nodeAt, type ObjectNode } from './node.ts';
import type { Option, OptionSchema, OptionTable, Rule } from './options.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggest.ts';

/** Runs the compiled validator over decoded options; each finding points at the option it is about. */
export function validateOptions(
  validator: CompiledValidator,
  schema: OptionSchema,
  decoded: Decoded,
  node: ObjectNode,
  at: Span,
  component: string,
): Diagnostic[] {
  if (validator(decoded.value)) return [];
  const brokenRules = new Set<number>();
  const found: Diagnostic[] = [];
  for (const error of validator.errors ?? []) {
    const rule = /^#\/allOf\/(\d+)/.exec(error.schemaPath);
    if (rule) brokenRules.add(Number(rule[1]));
    else if (!isUnknown(error, decoded.unknown)) found.push(explain(error, schema.options, node, at, component));
  }
  for (const index of brokenRules) {
    const rule = schema.rules?.[index];
    if (rule && !mayHold(rule, decoded)) found.push(explainRule(rule, decoded.value, node, at, component));
  }
  return found;
}

/** Whether a broken rule may still hold: values that are not known yet may turn out to be empty, which is unset. */
function mayHold(rule: Rule, { value, unknown }: Decoded): boolean {
  const isOpen = (name: string): boolean => unknown.has(`/${name}`);
  switch (rule.rule) {
    case 'exactly-one':
    case 'at-most-one':
      return rule.of.some(isOpen) && rule.of.filter(name => value[name] !== undefined && !isOpen(name)).length <= 1;
    case 'together':
      return rule.of.every(name => value[name] === undefined || isOpen(name));
    case 'requires':
      return isOpen(rule.if);
    default:
      return false;
  }
}

function isUnknown(error: SchemaError, unknown: ReadonlySet<string>): boolean {
  for (const path of unknown) if (error.instancePath === path || error.instancePath.startsWith(`${path}/`)) return true;
  return false;
}

function explain(error: SchemaError, table: OptionTable, node: ObjectNode, at: Span, component: string): Diagnostic {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const there = nodeAt(node, path);
  const span = there?.span ?? at;
  const name = [...path].reverse().find(step => !/^\d+$/.test(step)) ?? '';
  const written =
    there?.kind === 'string' || there?.kind === 'number'
      ? `"${there.kind === 'string' ? there.value : there.text}"`
      : 'this value';
  const notes = there?.origins?.map(origin => ({ message: origin.what, span: origin.span }));
  const extra = { component, ...(notes && { notes }) };
  switch (error.keyword) {
    case 'required': {
      const missing = String(error.params['missingProperty']);
      const option = optionAt(table, [...path, missing]);
      const env = option?.env?.length ? ` (or set ${option.env.join(' or ')})` : '';
      return errorAt(span, 'missing-option', `"${missing}" is required`, {
        ...extra,
        hint: `add "${missing}"${env}${option ? `: ${option.note}` : ''}`,
      });
    }
    case 'enum': {
      const allowed = (error.params['allowedValues'] as readonly unknown[]).filter(value => value !== '').map(String);
      const { hint } = there?.kind === 'string' ? didYouMean(there.value, allowed) : {};
      return errorAt(span, 'bad-value', `${written} is not a value of "${name}"`, {
        ...extra,
        hint: `${hint ? `${hint} ` : ''}it is one of: ${allowed.join(', ')}`,
      });
    }
    case 'minimum':
      return errorAt(
        span,
        'out-of-range',
        `"${name}" must be at least ${String(error.params['limit'])}, not ${written}`,
        extra,
      );
    case 'maximum':
      return errorAt(
        span,
        'out-of-range',
        `"${name}" must be at most ${String(error.params['limit'])}, not ${written}`,
        extra,
      );
    case 'pattern':
      return errorAt(span, 'bad-value', `${written} is not a valid "${name}"`, {
        ...extra,
        hint: `it must match ${String(error.params['pattern'])}`,
      });
    default:
      return errorAt(span, 'bad-value', `"${name}" ${error.message ?? 'is not valid'}`, extra);
  }
}

function explainRule(
  rule: Rule,
  value: Readonly<Record<string, unknown>>,
  node: ObjectNode,
  at: Span,
  component: string,
): Diagnostic {
  const present = (names: readonly string[]): string[] => names.filter(name => value[name] !== undefined);
  const quote = (names: readonly string[]): string =>
    names
      .map(name => `"${name}"`)
      .join(', ')
      .replace(/, ([^,]*)$/, ' and $1');
  const spanOf = (name: string | undefined): Span =>
    (name === undefined ? undefined : nodeAt(node, [name])?.span) ?? at;
  const say = (name: string | undefined, code: string, message: string): Diagnostic =>
    errorAt(spanOf(name), code, rule.message ?? message, { component });
  switch (rule.rule) {
    case 'exactly-one': {
      const given = present(rule.of);
      if (given.length > 1) return say(given[1], 'conflicting-options', `${quote(given)} exclude each other`);
      return say(undefined, 'missing-option', `one of ${quote(rule.of).replace(' and ', ' or ')} is required`);
    }
    case 'at-most-one': {
      const given = present(rule.of);
      return say(given[1], 'conflicting-options', `${quote(given)} exclude each other`);
    }
    case 'at-least-one':
      return say(undefined, 'missing-option', `at least one of ${quote(rule.of).replace(' and ', ' or ')} is required`);
    case 'together': {
      const given = present(rule.of);
      return say(
        given[0],
        'missing-option',
        `${quote(rule.of)} go together: ${quote(rule.of.filter(name => !given.includes(name)))} is missing`,
      );
    }
    case 'requires':
      return say(
        rule.if,
        'missing-option',
        `"${rule.if}" needs ${quote(rule.all.filter(name => value[name] === undefined))}`,
      );
  }
}

function optionAt(table: OptionTable, path: readonly string[]): Option | undefined {
  let fields: OptionTable | undefined = table;
  let option: Option | undefined;
  for (const step of path) {
    if (/^\d+$/.test(step)) continue;
    option = fields?.[step];
    fields = option?.fields;
  }
  return option;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
