import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { Span } from '../../sdk/source.ts';
import type { LocalNode } from '../hcl/blocks/graph.ts';
import { calledFunctions, referencesIn } from '../hcl/blocks/references.ts';
import { evaluate, type Scope } from '../hcl/eval/index.ts';
import type { CallExpression, Expression, TemplateExpression } from '../hcl/syntax/ast.ts';
import { toJson } from '../hcl/values/json.ts';
import { isWhollyKnown } from '../hcl/values/value.ts';
import { asGoLayout, goText } from './go-text.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What the names of the HCL2 template have become. */
export interface JsonNames {
  /** Variables that a JSON template can have, too: those of one text, number or flag. */
  readonly variables: ReadonlySet<string>;
  readonly locals: ReadonlyMap<string, LocalNode>;
  /** Locals that became variables, for their values must be masked. */
  readonly masked: ReadonlySet<string>;
  /** All of the file, for what is evaluated out of its place. */
  readonly scope: Scope;
}

/** Functions that give another value each time, or ask someone. */
const NOT_CONSTANT = new Set([
  'timestamp',
  'legacy_isotime',
  'legacy_strftime',
  'uuidv4',
  'env',
  'aws_secretsmanager',
  'aws_secretsmanager_raw',
  'consul_key',
  'vault',
]);

/** Writes expressions as JSON values with `{{ }}` calls in them, or reports why that cannot be. */
export class ExpressionWriter {
  private readonly names: JsonNames;
  private readonly diagnostics: Diagnostic[];
  /** Locals that are being written, so that a circle ends. */
  private readonly open = new Set<string>();

  constructor(names: JsonNames, diagnostics: Diagnostic[]) {
    this.names = names;
    this.diagnostics = diagnostics;
  }

  /** Undefined after a complaint. */
  json(expression: Expression, scope: Scope): Json | undefined {
    if (expression.kind === 'parentheses') return this.json(expression.inner, scope);
    if (this.isConstant(expression)) return this.constant(expression, scope);
    switch (expression.kind) {
      case 'template':
        return this.template(expression, scope);
      case 'tuple': {
        const items = expression.items.map(item => this.json(item, scope));
        return items.every(item => item !== undefined) ? items : undefined;
      }
      case 'object': {
        const members: Record<string, Json> = {};
        for (const item of expression.items) {
          const key = this.json(item.key, scope);
          const value = this.json(item.value, scope);
          if (key === undefined || value === undefined) continue;
          members[String(key)] = value;
        }
        return members;
      }
      case 'call':
        return this.call(expression) ?? this.fail(expression.span, this.reasonFor(expression));
      default:
        return this.reference(expression, scope) ?? this.fail(expression.span, this.reasonFor(expression));
    }
  }

  private isConstant(expression: Expression): boolean {
    if ([...calledFunctions([expression])].some(name => NOT_CONSTANT.has(name))) return false;
    return referencesIn(expression).every(({ root, path: [name = ''] }) => {
      if (root === 'var') return !this.names.variables.has(name);
      if (root === 'local') {
        const local = this.names.locals.get(name);
        if (!local || this.open.has(name) || this.names.masked.has(name)) return false;
        return this.within(name, () => this.isConstant(local.expression));
      }
      return !['data', 'source', 'build', 'path', 'packer'].includes(root);
    });
  }

  private within<T>(local: string, action: () => T): T {
    this.open.add(local);
    try {
      return action();
    } finally {
      this.open.delete(local);
    }
  }

  private constant(expression: Expression, scope: Scope): Json | undefined {
    const before = this.diagnostics.length;
    const value = evaluate(expression, scope, this.diagnostics);
    if (this.diagnostics.length > before) return undefined;
    if (!isWhollyKnown(value))
      return this.fail(expression.span, 'its value is not known: a variable of a list or object has no default', {
        hint: 'give the variable a default: JSON templates have variables of one text only',
      });
    return JSON.parse(toJson(value)) as Json;
  }

  private template({ parts }: TemplateExpression, scope: Scope): Json | undefined {
    const [only] = parts;
    if (only?.kind === 'interpolation' && parts.length === 1) return this.json(only.expression, scope);
    let text: string | undefined = '';
    let isQuoted = false;
    for (const [index, part] of parts.entries()) {
      if (part.kind === 'text') {
        if (text !== undefined) text += isQuoted ? part.text.slice(1) : part.text;
        isQuoted = false;
        continue;
      }
      let value: Json | undefined =
        part.kind === 'interpolation'
          ? this.json(part.expression, scope)
          : this.fail(part.span, `%{ ${part.kind} } depends on values that a JSON template only has later`);
      const next = parts[index + 1];
      if (text !== undefined && typeof value === 'string' && value.startsWith('{{') && isInCall(text)) {
        isQuoted = text.endsWith('`') && next?.kind === 'text' && next.text.startsWith('`');
        if (isQuoted) {
          text = text.slice(0, -1);
          value = /\{\{-?\s*$/.test(text) ? value.slice(2, -2) : `(${value.slice(2, -2)})`;
        } else value = this.fail(part.span, 'a JSON template has no {{ }} inside of another {{ }}');
      }
      text = value === undefined || text === undefined ? undefined : text + String(value);
    }
    return text;
  }

  private reference(expression: Expression, scope: Scope): Json | undefined {
    const found = referencesIn(expression)[0];
    if (found?.expression !== expression) return undefined;
    const [name = ''] = found.path;
    const whole = `${found.root}.${found.path.join('.')}`;
    if (found.path.length !== 1) return undefined;
    switch (found.root) {
      case 'var':
        return this.names.variables.has(name) ? `{{user ${goText(name)}}}` : undefined;
      case 'local': {
        if (this.names.masked.has(name)) return `{{user ${goText(name)}}}`;
        const local = this.names.locals.get(name);
        return local && !this.open.has(name)
          ? this.within(name, () => this.json(local.expression, this.names.scope))
          : undefined;
      }
      case 'build': {
        const value = scope.roots.get('build')?.value;
        const entry = name === 'name' && value?.kind === 'mapping' ? value.entries.get('name') : undefined;
        return entry?.kind === 'string' ? entry.text : `{{build ${goText(name)}}}`;
      }
      default:
        return NAMES[whole];
    }
  }

  private call(expression: CallExpression): Json | undefined {
    const { name, args } = expression;
    const layout = this.literal(args[0]);
    switch (name.text) {
      case 'timestamp':
        return '{{isotime}}';
      case 'uuidv4':
        return '{{uuid}}';
      case 'legacy_isotime':
        return args.length === 0 ? '{{isotime}}' : layout === undefined ? undefined : `{{isotime ${goText(layout)}}}`;
      case 'legacy_strftime':
        return layout === undefined ? undefined : `{{strftime ${goText(layout)}}}`;
      case 'formatdate': {
        const goLayout = isTimestamp(args[1]) && layout !== undefined ? asGoLayout(layout) : undefined;
        return goLayout === undefined ? undefined : `{{isotime ${goText(goLayout)}}}`;
      }
      case 'regex_replace':
        return isTimestamp(args[0]) && this.literal(args[1]) === '[- TZ:]' && this.literal(args[2]) === ''
          ? '{{isotime `20060102150405`}}'
          : undefined;
      case 'upper':
      case 'lower': {
        const [reference] = args[0] ? referencesIn(args[0]) : [];
        const variable = reference?.path[0] ?? '';
        return reference?.root === 'var' && reference.expression === args[0] && this.names.variables.has(variable)
          ? `{{user ${goText(variable)} | ${name.text}}}`
          : undefined;
      }
      default:
        return undefined;
    }
  }

  private literal(expression: Expression | undefined): string | undefined {
    if (!expression || !this.isConstant(expression)) return undefined;
    const value = evaluate(expression, this.names.scope, []);
    return value.kind === 'string' ? value.text : undefined;
  }

  private reasonFor(expression: Expression): string {
    const data = referencesIn(expression).find(({ root }) => root === 'data');
    if (data) return `data.${data.path.slice(0, 2).join('.')} is a data source, and JSON templates have none`;
    const asked = [...calledFunctions([expression])].find(name => NOT_CONSTANT.has(name));
    if (asked) return `the call of ${asked}() has no counterpart in a JSON template here`;
    const variable = referencesIn(expression).find(({ root }) => root === 'var');
    if (variable) return `an expression over var.${variable.path[0] ?? ''} cannot be written in a JSON template`;
    return 'this expression cannot be written in a JSON template';
  }

  private fail(span: Span, message: string, extra: { hint?: string } = {}): undefined {
    this.diagnostics.push(errorAt(span, 'not-in-json', message, extra));
    return undefined;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  'path.root': '{{template_dir}}',
  'path.cwd': '{{pwd}}',
  'packer.version': '{{packer_version}}',
  'source.name': '{{build_name}}',
  'source.type': '{{build_type}}',
};

/** Whether a text ends inside of a `{{ }}`, as what `hcl2_upgrade` finds no counterpart for does. */
function isInCall(text: string): boolean {
  return text.lastIndexOf('{{') > text.lastIndexOf('}}');
}

function isTimestamp(expression: Expression | undefined): boolean {
  return expression?.kind === 'call' && expression.name.text === 'timestamp';
}
