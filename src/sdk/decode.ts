import { DecodeFindings } from './decode-findings.ts';
import { placeholder, type Read, readBoolean, readDuration, readNumber, readString } from './decode-scalars.ts';
import type { Diagnostic } from './diagnostics.ts';
import { type ArrayNode, type ConfigNode, type ObjectNode, toPlain } from './node.ts';
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

/** Keys beside a component's options, which the templates' readers take away when they are in lower case. */
const COMMON_KEYS: ReadonlySet<string> = new Set([
  'type',
  'name',
  'only',
  'except',
  'override',
  'pause_before',
  'max_retries',
  'timeout',
  'keep_input_artifact',
]);

/**
 * Decodes an options object with Packer's weak typing (json-template reference, "How option objects are decoded"):
 * numbers for strings, strings for numbers and booleans, one value for a list of one, comma-separated lists, case-blind
 * keys. Empty values mean unset. Never throws; every problem is a diagnostic at its place.
 */
export function decodeOptions(schema: OptionSchema, node: ObjectNode, component: string): Decoded {
  const decoder = new Decoder(component, schema.removed ?? {});
  return {
    value: decoder.table(schema.options, node, ''),
    diagnostics: decoder.findings.found,
    unknown: decoder.findings.unknown,
    secrets: decoder.findings.secrets,
  };
}

class Decoder {
  readonly findings: DecodeFindings;
  readonly #removed: Readonly<Record<string, string>>;

  constructor(component: string, removed: Readonly<Record<string, string>>) {
    this.findings = new DecodeFindings(component);
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
        this.findings.warn(member.keySpan, 'deprecated-option', `"${name}" is deprecated`, option.deprecated);
      const read = this.#read(option, member.value, name, `${path}/${name}`);
      if (read === undefined || (!option.keepEmpty && isEmpty(read.value))) continue;
      value[name] = read.value;
      if (option.secret && typeof read.value === 'string') this.findings.secrets.push(read.value);
    }
    return value;
  }

  #unknownKey(key: string, span: Span, table: OptionTable, path: string): void {
    if (path === '' && (key === 'type' || key.startsWith('packer_'))) return;
    const removed = path === '' && Object.hasOwn(this.#removed, key) ? this.#removed[key] : undefined;
    if (removed !== undefined) {
      this.findings.error(span, 'removed-option', `"${key}" is no longer an option`, removed);
      return;
    }
    const names = Object.keys(table).filter(name => !table[name]?.internal);
    const common = path === '' && COMMON_KEYS.has(key.toLowerCase());
    const { hint } = common ? { hint: `write it "${key.toLowerCase()}"` } : didYouMean(key, names);
    this.findings.error(
      span,
      'unknown-option',
      `unknown option "${key}"`,
      hint ?? (names.length <= 12 ? `known here: ${names.join(', ')}` : undefined),
    );
  }

  #read(option: Option, node: ConfigNode, name: string, path: string): Read {
    if (node.kind === 'null') return undefined;
    if (node.kind === 'unknown') {
      this.findings.unknown.add(path);
      return { value: placeholder(option) };
    }
    switch (option.type) {
      case 'string':
        return readString(node, name, path, this.findings);
      case 'boolean':
      case 'tri':
        return readBoolean(option, node, name, this.findings);
      case 'integer':
      case 'number':
        return readNumber(option.type, node, name, this.findings);
      case 'duration':
        return readDuration(node, name, this.findings);
      case 'strings':
        return this.#list(node, path, (item, itemPath) => readString(item, name, itemPath, this.findings));
      case 'integers':
        return this.#list(node, path, item => readNumber('integer', item, name, this.findings));
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
    return { value: listItems(node).flatMap((item, index) => values(read(item, `${path}/${index}`))) };
  }

  #lists(node: ConfigNode, name: string, path: string): Read {
    if (node.kind !== 'array') return this.findings.mismatch(node, name, 'a list of lists');
    return {
      value: node.items.flatMap((item, index) =>
        values(
          this.#list(item, `${path}/${index}`, (inner, innerPath) => readString(inner, name, innerPath, this.findings)),
        ),
      ),
    };
  }

  #map(node: ConfigNode, name: string, path: string): Read {
    const parts = node.kind === 'array' ? node.items : [node];
    const value: Record<string, string> = {};
    for (const part of parts) {
      if (part.kind !== 'object') return this.findings.mismatch(part, name, 'an object of strings');
      for (const member of part.members) {
        const read = readString(member.value, `${name}.${member.key}`, `${path}/${member.key}`, this.findings);
        if (typeof read?.value === 'string') value[member.key] = read.value;
      }
    }
    return { value };
  }

  #block(option: Option, node: ConfigNode, name: string, path: string): Read {
    const only = node.kind === 'array' && node.items.length === 1 ? node.items[0] : node;
    if (node.kind === 'array' && node.items.length === 0) return undefined;
    if (only?.kind === 'unknown') {
      this.findings.unknown.add(path);
      return { value: {} };
    }
    if (only?.kind !== 'object') {
      return this.findings.mismatch(
        node,
        name,
        node.kind === 'array' && node.items.length > 1 ? 'one object, not several' : 'an object',
      );
    }
    return { value: this.table(option.fields ?? {}, only, path) };
  }

  #blocks(option: Option, node: ConfigNode, name: string, path: string): Read {
    return {
      value: listItems(node).flatMap((item, index) => {
        if (item.kind === 'unknown') {
          this.findings.unknown.add(`${path}/${index}`);
          return [{}];
        }
        if (item.kind === 'object') return [this.table(option.fields ?? {}, item, `${path}/${index}`)];
        this.findings.mismatch(item, name, 'a list of objects');
        return [];
      }),
    };
  }

  #blockMap(option: Option, node: ConfigNode, name: string, path: string): Read {
    if (node.kind === 'string' && node.value === '') return undefined;
    if (node.kind !== 'object') return this.findings.mismatch(node, name, 'an object of objects');
    const entries = node.members.flatMap(member => {
      if (member.value.kind === 'object')
        return [[member.key, this.table(option.fields ?? {}, member.value, `${path}/${member.key}`)] as const];
      this.findings.mismatch(member.value, `${name}.${member.key}`, 'an object');
      return [];
    });
    return { value: Object.fromEntries(entries) };
  }
}

/** One value stands for a list of one, and an empty object for an empty list (mapstructure's weak decoding). */
function listItems(node: ConfigNode): ArrayNode['items'] {
  if (node.kind === 'array') return node.items;
  return node.kind === 'object' && node.members.length === 0 ? [] : [node];
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

function values(read: Read): unknown[] {
  return read === undefined ? [] : [read.value];
}

/** mapstructure's StringToSliceHookFunc(","): plain split, no trimming. */
function splitList(text: string): string[] {
  return text.split(',');
}
