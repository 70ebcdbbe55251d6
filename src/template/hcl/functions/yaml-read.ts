import type { Document, Node, Scalar, YAMLMap } from 'yaml';
import { integer, toText } from '../values/number.ts';
import { bool, NULL, number, numberFromText, object, string, tuple, type Value } from '../values/value.ts';
import type { Libraries } from './context.ts';
import { FunctionError } from './contract.ts';

type Yaml = NonNullable<Libraries['yaml']>;

/** Aliases of aliases can stand for more values than any memory holds. */
const MOST_VALUES = 200_000;

const CONSTANTS: ReadonlyMap<string, Value> = new Map([
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, Value] => [word, NULL]),
  ...['y', 'yes', 'true', 'on'].flatMap(casings).map((word): [string, Value] => [word, bool(true)]),
  ...['n', 'no', 'false', 'off'].flatMap(casings).map((word): [string, Value] => [word, bool(false)]),
]);

function casings(word: string): string[] {
  return [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()];
}

/** Reads one YAML document: YAML 1.2's core types, the boolean words of 1.1, dates as RFC 3339 text; numbers exactly. */
export function readYaml(yaml: Yaml, source: string): Value {
  const document = yaml.parseDocument(source, { schema: 'failsafe', uniqueKeys: false });
  const [problem] = document.errors;
  if (problem)
    throw new FunctionError(
      `the text is not valid YAML: ${problem.message.split('\n')[0]?.replace(/:$/, '') ?? ''}`,
      0,
    );
  if (!document.contents) throw new FunctionError('the text holds no YAML document', 0);
  return new Reader(yaml, document).read(document.contents as Node);
}

class Reader {
  private readonly yaml: Yaml;
  private readonly document: Document;
  private values = 0;

  constructor(yaml: Yaml, document: Document) {
    this.yaml = yaml;
    this.document = document;
  }

  read(node: Node | null | undefined, depth = 0): Value {
    const { isAlias, isMap, isScalar, isSeq } = this.yaml;
    if (++this.values > MOST_VALUES) throw new FunctionError(`more than ${MOST_VALUES} values`, 0);
    if (depth > 200) throw new FunctionError('the document is nested too deeply, or contains itself', 0);
    if (isAlias(node)) return this.read(node.resolve(this.document), depth + 1);
    if (isSeq<Node>(node)) return tuple(node.items.map(item => this.read(item, depth + 1)));
    if (isMap<Node, Node | null>(node)) return this.map(node, depth);
    return isScalar(node) ? scalar(node) : NULL;
  }

  private map(node: YAMLMap<Node, Node | null>, depth: number): Value {
    const entries = new Map<string, Value>();
    const merged = new Map<string, Value>();
    for (const pair of node.items) {
      const key = this.read(pair.key, depth + 1);
      const value = this.read(pair.value, depth + 1);
      if (key.kind === 'string' && key.text === '<<')
        for (const [name, one] of mergedEntries(value)) merged.set(name, one);
      else entries.set(keyText(key), value);
    }
    return object(new Map([...merged, ...entries]));
  }
}

/** Of several maps to merge the first one wins. */
function mergedEntries(value: Value): readonly (readonly [string, Value])[] {
  const sources = value.kind === 'sequence' ? [...value.items].reverse() : [value];
  return sources.flatMap(one => (one.kind === 'mapping' ? [...one.entries] : []));
}

function keyText(key: Value): string {
  if (key.kind === 'string') return key.text;
  if (key.kind === 'number') return toText(key.number);
  if (key.kind === 'bool') return String(key.flag);
  throw new FunctionError('the keys of a YAML map must be text', 0);
}

function scalar(node: Scalar): Value {
  const text = String(node.value ?? '');
  const tag = node.tag?.replace('tag:yaml.org,2002:', '!!');
  if (tag !== undefined && !KNOWN_TAGS.has(tag)) throw new FunctionError(`the YAML tag "${tag}" is not supported`, 0);
  if (tag === '!!str' || tag === '!!binary' || tag === '!' || (tag === undefined && node.type !== 'PLAIN'))
    return string(text);
  return plain(text);
}

const KNOWN_TAGS: ReadonlySet<string> = new Set([
  '!',
  '!!str',
  '!!int',
  '!!float',
  '!!bool',
  '!!null',
  '!!binary',
  '!!timestamp',
]);

function plain(text: string): Value {
  const constant = CONSTANTS.get(text);
  if (constant) return constant;
  if (/^0x[0-9a-fA-F]+$|^0o[0-7]+$/.test(text)) return number(integer(BigInt(text)));
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return numberFromText(text) ?? string(text);
  if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text))
    throw new FunctionError('infinity and "not a number" are no numbers of HCL', 0);
  const date = /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(text);
  if (!date) return string(text);
  const [, year = '', month = '', day = ''] = date;
  return string(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T00:00:00Z`);
}
