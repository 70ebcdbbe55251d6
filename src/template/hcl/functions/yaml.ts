import type { Node } from 'yaml';
import { fromDouble, toText } from '../values/number.ts';
import { DYNAMIC, STRING } from '../values/types.ts';
import { bool, NULL, number, numberFromText, object, string, tuple, type Value, whole } from '../values/value.ts';
import { jsonText } from '../values/json.ts';
import type { FunctionContext, Libraries } from './context.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { any, define, text, textAt } from './define.ts';

const MOST_NODES = 200_000;

/** Reads YAML's core types as HCL's; numbers are taken as written, exactly. */
class YamlReader {
  private readonly yaml: NonNullable<Libraries['yaml']>;
  private readonly document: import('yaml').Document;
  private nodes = 0;

  constructor(yaml: NonNullable<Libraries['yaml']>, document: import('yaml').Document) {
    this.yaml = yaml;
    this.document = document;
  }

  read(node: Node | null | undefined): Value {
    const { isAlias, isMap, isScalar, isSeq } = this.yaml;
    // Aliases of aliases can stand for more than any memory holds.
    if (++this.nodes > MOST_NODES) throw new FunctionError(`more than ${MOST_NODES} values`, 0);
    if (isAlias(node)) return this.read(node.resolve(this.document));
    if (isSeq<Node>(node)) return tuple(node.items.map(item => this.read(item)));
    if (isMap<Node, Node | null>(node)) return this.map(node);
    return isScalar(node) ? this.scalar(node.value, node.source) : NULL;
  }

  private map(node: import('yaml').YAMLMap<Node, Node | null>): Value {
    const entries = new Map<string, Value>();
    for (const pair of node.items) {
      if (this.yaml.isScalar(pair.key) && pair.key.value === '<<') {
        for (const [key, value] of this.merged(pair.value)) if (!entries.has(key)) entries.set(key, value);
        continue;
      }
      const key = this.read(pair.key);
      if (key.kind === 'string') entries.set(key.text, this.read(pair.value));
      else if (key.kind === 'number') entries.set(toText(key.number), this.read(pair.value));
      else if (key.kind === 'bool') entries.set(String(key.flag), this.read(pair.value));
      else throw new FunctionError('the keys of a YAML map must be text', 0);
    }
    return object(entries);
  }

  private merged(node: Node | null | undefined): readonly (readonly [string, Value])[] {
    const value = this.read(node);
    const sources = value.kind === 'sequence' ? [...value.items].reverse() : [value];
    return sources.flatMap(one => (one.kind === 'mapping' ? [...one.entries] : []));
  }

  private scalar(value: unknown, source: string | undefined): Value {
    if (typeof value === 'string') return string(value);
    if (typeof value === 'boolean') return bool(value);
    if (typeof value === 'bigint') return whole(value);
    if (typeof value !== 'number') return NULL;
    const exact = source === undefined ? undefined : numberFromText(source.replaceAll('_', ''));
    if (exact) return exact;
    const double = fromDouble(value);
    if (!double) throw new FunctionError('infinity and "not a number" are no HCL numbers', 0);
    return number(double);
  }
}

function decode(yaml: NonNullable<Libraries['yaml']>, source: string): Value {
  const document = yaml.parseDocument(source, { intAsBigInt: true, merge: false, uniqueKeys: true });
  const [problem] = document.errors;
  if (problem) throw new FunctionError(`the text is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`, 0);
  return new YamlReader(yaml, document).read(document.contents as Node | null);
}

/** Block style, keys and text in double quotes, as the field's encoders for HCL write it. */
function encode(value: Value, indent: string): string {
  if (value.kind === 'sequence') {
    if (value.items.length === 0) return ' []\n';
    return `\n${value.items.map(item => `${indent}-${encodeItem(item, `${indent}  `)}`).join('')}`;
  }
  if (value.kind === 'mapping') {
    if (value.entries.size === 0) return ' {}\n';
    const lines = [...value.entries].map(([key, item]) => {
      const inner = item.kind === 'mapping' ? `${indent}  ` : indent;
      return `${indent}${quoted(key)}:${item.kind === 'string' ? encodeText(item.text, `${indent}  `) : encode(item, inner)}`;
    });
    return `\n${lines.join('')}`;
  }
  return ` ${scalar(value)}\n`;
}

function encodeItem(value: Value, indent: string): string {
  const nested = encode(value, indent);
  if (value.kind === 'string') return encodeText(value.text, indent);
  // The first line of a nested list or map stands behind the dash.
  return nested.startsWith('\n') ? ` ${nested.slice(1 + indent.length)}` : nested;
}

/** Text of several lines becomes a literal block. */
function encodeText(given: string, indent: string): string {
  if (!given.includes('\n') || /[^\t\n\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufffd]/.test(given)) return ` ${quoted(given)}\n`;
  const trailing = /\n*$/.exec(given)?.[0].length ?? 0;
  const chomping = trailing === 0 ? '-' : trailing === 1 && given.length > 1 ? '' : '+';
  const hint = /^[ \n]/.test(given) ? '2' : '';
  const lines = (trailing > 0 ? given.slice(0, -1) : given).split('\n');
  return ` |${hint}${chomping}\n${lines.map(line => (line === '' ? '\n' : `${indent}${line}\n`)).join('')}`;
}

function quoted(given: string): string {
  return jsonText(given).replace(/\\u003c|\\u003e|\\u0026/g, code => String.fromCharCode(Number.parseInt(code.slice(2), 16)));
}

function scalar(value: Value): string {
  if (value.kind === 'string') return quoted(value.text);
  if (value.kind === 'number') return toText(value.number);
  return value.kind === 'bool' ? String(value.flag) : 'null';
}

export function yamlFunctions({ libraries }: FunctionContext): Readonly<Record<string, HclFunction>> {
  return {
    yamldecode: define([text('str')], DYNAMIC, args => {
      if (!libraries.yaml) throw new FunctionError('the YAML library is not loaded');
      return decode(libraries.yaml, textAt(args, 0));
    }),
    yamlencode: define([any('value', { nullable: true })], STRING, args => {
      const [value = NULL] = args;
      const encoded = value.kind === 'string' ? encodeText(value.text, '  ') : encode(value, '');
      return string(encoded.slice(1));
    }),
  };
}
