import { type Diagnostic, errorAt, warningAt } from './diagnostics.ts';
import { parseDuration } from './duration.ts';
import { type ArrayNode, type ConfigNode, describeKind, type ObjectNode, toPlain } from './node.ts';
import type { Option, OptionSchema, OptionTable } from './options.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggest.ts';

/** Options as plain data of the types their table declares, and what was wrong with them. */
export interface Decoded {
  readonly value: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly Diagnostic[];
  /** JSON pointers of values that are only known at run time; no check may complain about them. */
  readonly unknown: ReadonlySet<string>;
  /** Values of options marked `secret`. */
  readonly secrets: readonly string[];
}

/**
 * Decodes an options object with Packer's weak typing (json-template reference, "How option objects are decoded"):
 * numbers for strings, strings for numbers and booleans, one value for a list of one, comma-separated lists, case-blind
 * keys. Empty values mean unset. Never throws; every problem is a diagnostic at its place.
 */
export function decodeOptions(schema: OptionSchema, node: ObjectNode, component: string): Decoded {
  const decoder = new Decoder(component, schema.removed ?? {});
  return {
    value: decoder.table(schema.options, node, ''),
    diagnostics: decoder.found,
    unknown: decoder.unknown,
    secrets: decoder.secrets,
  };
}

type Read = { readonly value: unknown } | undefined;

class Decoder {
  readonly found: Diagnostic[] = [];
  readonly unknown = new Set<string>();
  readonly secrets: string[] = [];
  readonly #component: string;
  readonly #removed: Readonly<Record<string, string>>;

  constructor(component: string, removed: Readonly<Record<string, string>>) {
    this.#component = component;
    this.#removed = removed;
  }

  table(table: OptionTable, node: ObjectNode, path: string): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    for (const member of node.members) {
      const name = optionName(table, member.key);
      if (name === undefined) {
        this.#unknownKey(member.key, member.keySpan, table, path);
        continue;
      }
      const option = table[name] as Option;
      if (option.deprecated)
        this.#warn(member.keySpan, 'deprecated-option', `"${name}" is deprecated`, option.deprecated);
      const read = this.#read(option, member.value, name, `${path}/${name}`);
      if (read === undefined || (!option.keepEmpty && isEmpty(read.value))) continue;
      value[name] = read.value;
      if (option.secret && typeof read.value === 'string') this.secrets.push(read.value);
    }
    return value;
  }

  #unknownKey(key: string, span: Span, table: OptionTable, path: string): void {
    if (path === '' && (key === 'type' || key.startsWith('packer_'))) return;
    const removed = path === '' && Object.hasOwn(this.#removed, key) ? this.#removed[key] : undefined;
    if (removed !== undefined) {
      this.#error(span, 'removed-option', `"${key}" is no longer an option`, removed);
      return;
    }
    const names = Object.keys(table).filter(name => !table[name]?.internal);
    const { hint } = didYouMean(key, names);
    this.#error(
      span,
      'unknown-option',
      `unknown option "${key}"`,
      hint ?? (names.length <= 12 ? `known here: ${names.join(', ')}` : undefined),
    );
  }

  #read(option: Option, node: ConfigNode, name: string, path: string): Read {
    if (node.kind === 'null') return undefined;
    if (node.kind === 'unknown') {
      this.unknown.add(path);
      return { value: placeholder(option) };
    }
    switch (option.type) {
      case 'string':
        return this.#string(node, name, path);
      case 'boolean':
      case 'tri':
        return this.#boolean(option, node, name);
      case 'integer':
      case 'number':
        return this.#number(option, node, name);
      case 'duration':
        return this.#duration(node, name);
      case 'strings':
        return this.#list(node, path, (item, itemPath) => this.#string(item, name, itemPath));
      case 'integers':
        return this.#list(node, path, item => this.#number({ ...option, type: 'integer' }, item, name));
      case 'string-lists':
        return this.#lists(node, name, path);
      case 'map':
        return this.#map(node, name, path);
      case 'block':
        return this.#block(option, node, name, path);
      case 'blocks':
        return this.#blocks(option, node, name, path);
      case 'block-map':
        return this.#blockMap(option, node, name, path);
      case 'any':
        return { value: toPlain(node) };
    }
  }

  #string(node: ConfigNode, name: string, path: string): Read {
    switch (node.kind) {
      case 'string':
        return { value: node.value };
      case 'number':
        return { value: node.text };
      case 'boolean':
        return { value: node.value ? '1' : '0' };
      case 'null':
        return { value: '' };
      case 'unknown':
        this.unknown.add(path);
        return { value: '<unknown>' };
      default:
        return this.#mismatch(node, name, 'a string');
    }
  }

  #boolean(option: Option, node: ConfigNode, name: string): Read {
    if (node.kind === 'boolean') return { value: node.value };
    if (node.kind === 'number') return { value: node.value !== 0 };
    if (node.kind === 'string') {
      // strconv.ParseBool's words; empty is false, or unset for a tri-state.
      if (node.value === '') return option.type === 'tri' ? undefined : { value: false };
      if (/^(1|t|T|true|TRUE|True)$/.test(node.value)) return { value: true };
      if (/^(0|f|F|false|FALSE|False)$/.test(node.value)) return { value: false };
    }
    return this.#mismatch(node, name, 'true or false');
  }

  #number(option: Option, node: ConfigNode, name: string): Read {
    let value: number | undefined;
    if (node.kind === 'number') value = node.value;
    else if (node.kind === 'boolean') value = node.value ? 1 : 0;
    else if (node.kind === 'string')
      value = option.type === 'integer' ? parseGoInteger(node.value) : Number(node.value || 0);
    if (value === undefined || !Number.isFinite(value))
      return this.#mismatch(node, name, option.type === 'integer' ? 'a whole number' : 'a number');
    if (option.type === 'integer' && !Number.isInteger(value)) {
      this.#warn(node.span, 'fraction-dropped', `"${name}" takes a whole number; the fraction of ${value} is dropped`);
      value = Math.trunc(value);
    }
    return { value };
  }

  #duration(node: ConfigNode, name: string): Read {
    // A bare number counts nanoseconds in Packer, which is hardly ever what was meant.
    if (node.kind === 'number') {
      if (node.value !== 0)
        this.#warn(
          node.span,
          'bare-duration',
          `"${name}" without a unit counts nanoseconds`,
          `write "${node.text}s" for seconds`,
        );
      return { value: node.value / 1e6 };
    }
    if (node.kind !== 'string') return this.#mismatch(node, name, 'a duration such as "5m" or "1h30m"');
    if (node.value === '') return undefined;
    const value = parseDuration(node.value);
    if (value !== undefined) return { value };
    this.#error(
      node.span,
      'bad-duration',
      `"${node.value}" is not a duration`,
      'write it like "300ms", "90s", "5m" or "1h30m"',
    );
    return undefined;
  }

  #list(node: ConfigNode, path: string, read: (item: ConfigNode, path: string) => Read): Read {
    if (node.kind === 'string')
      return {
        value:
          node.value === ''
            ? []
            : splitList(node.value).flatMap((text, index) =>
                values(read({ ...node, value: text }, `${path}/${index}`)),
              ),
      };
    const items = node.kind === 'array' ? node.items : [node];
    return { value: items.flatMap((item, index) => values(read(item, `${path}/${index}`))) };
  }

  #lists(node: ConfigNode, name: string, path: string): Read {
    if (node.kind !== 'array') return this.#mismatch(node, name, 'a list of lists');
    return {
      value: node.items.flatMap((item, index) =>
        values(this.#list(item, `${path}/${index}`, (inner, innerPath) => this.#string(inner, name, innerPath))),
      ),
    };
  }

  #map(node: ConfigNode, name: string, path: string): Read {
    const parts = node.kind === 'array' ? node.items : [node];
    const value: Record<string, string> = {};
    for (const part of parts) {
      if (part.kind !== 'object') return this.#mismatch(part, name, 'an object of strings');
      for (const member of part.members) {
        const read = this.#string(member.value, `${name}.${member.key}`, `${path}/${member.key}`);
        if (typeof read?.value === 'string') value[member.key] = read.value;
      }
    }
    return { value };
  }

  #block(option: Option, node: ConfigNode, name: string, path: string): Read {
    const only = node.kind === 'array' && node.items.length === 1 ? node.items[0] : node;
    if (node.kind === 'array' && node.items.length === 0) return undefined;
    if (only?.kind === 'unknown') {
      this.unknown.add(path);
      return { value: {} };
    }
    if (only?.kind !== 'object') {
      return this.#mismatch(
        node,
        name,
        node.kind === 'array' && node.items.length > 1 ? 'one object, not several' : 'an object',
      );
    }
    return { value: this.table(option.fields ?? {}, only, path) };
  }

  #blocks(option: Option, node: ConfigNode, name: string, path: string): Read {
    const items: ArrayNode['items'] = node.kind === 'array' ? node.items : [node];
    return {
      value: items.flatMap((item, index) => {
        if (item.kind === 'unknown') {
          this.unknown.add(`${path}/${index}`);
          return [{}];
        }
        if (item.kind === 'object') return [this.table(option.fields ?? {}, item, `${path}/${index}`)];
        this.#mismatch(item, name, 'a list of objects');
        return [];
      }),
    };
  }

  #blockMap(option: Option, node: ConfigNode, name: string, path: string): Read {
    if (node.kind === 'string' && node.value === '') return undefined;
    if (node.kind !== 'object') return this.#mismatch(node, name, 'an object of objects');
    const entries = node.members.flatMap(member => {
      if (member.value.kind === 'object')
        return [[member.key, this.table(option.fields ?? {}, member.value, `${path}/${member.key}`)] as const];
      this.#mismatch(member.value, `${name}.${member.key}`, 'an object');
      return [];
    });
    return { value: Object.fromEntries(entries) };
  }

  #mismatch(node: ConfigNode, name: string, wanted: string): undefined {
    const got = node.kind === 'string' ? `"${shorten(node.value)}"` : describeKind(node);
    this.#error(node.span, 'wrong-type', `"${name}" takes ${wanted}, not ${got}`, undefined, node.origins);
    return undefined;
  }

  #error(span: Span, code: string, message: string, hint?: string, origins?: ConfigNode['origins']): void {
    const notes = origins?.map(origin => ({ message: origin.what, span: origin.span }));
    this.found.push(
      errorAt(span, code, message, { component: this.#component, ...(hint && { hint }), ...(notes && { notes }) }),
    );
  }

  #warn(span: Span, code: string, message: string, hint?: string): void {
    this.found.push(warningAt(span, code, message, { component: this.#component, ...(hint && { hint }) }));
  }
}

function optionName(table: OptionTable, key: string): string | undefined {
  if (Object.hasOwn(table, key)) return key;
  const lower = key.toLowerCase();
  return Object.keys(table).find(name => name.toLowerCase() === lower);
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0) return true;
  return Array.isArray(value) && value.length === 0;
}

/** Something of the right type for a value that is not known yet. */
function placeholder(option: Option): unknown {
  switch (option.type) {
    case 'string':
    case 'any':
      return '<unknown>';
    case 'boolean':
    case 'tri':
      return false;
    case 'integer':
    case 'number':
    case 'duration':
      return option.min ?? 1;
    case 'map':
    case 'block':
    case 'block-map':
      return {};
    case 'strings':
      return ['<unknown>'];
    case 'string-lists':
      return [['<unknown>']];
    case 'integers':
      return [1];
    case 'blocks':
      return [{}];
  }
}

function values(read: Read): unknown[] {
  return read === undefined ? [] : [read.value];
}

/** mapstructure's StringToSliceHookFunc(","): plain split, no trimming. */
function splitList(text: string): string[] {
  return text.split(',');
}

/** strconv.ParseInt(s, 0, ...): decimal, 0x, 0o, 0b and leading-zero octal, underscores between digits. */
function parseGoInteger(text: string): number | undefined {
  if (text === '') return 0;
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)$/.exec(text);
  if (!match) return undefined;
  const digits = (match[2] ?? '').replaceAll('_', '');
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -value : value;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
