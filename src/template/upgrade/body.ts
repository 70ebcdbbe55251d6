import type { ConfigNode, MemberNode, ObjectNode, StringNode } from '../../sdk/node.ts';
import type { Option, OptionTable } from '../../sdk/options.ts';
import { comment, isName, objectKey } from './literal.ts';

/** Writes a string in HCL, and remembers what could not be translated. */
export type WriteText = (node: StringNode | Pick<StringNode, 'kind' | 'value' | 'span'>) => string;

/** Longest list that stays on one line. */
const LINE = 100;

/** A node as an HCL expression. */
export function expressionOf(node: ConfigNode, write: WriteText): string {
  switch (node.kind) {
    case 'string':
      return write(node);
    case 'number':
      return node.text;
    case 'boolean':
      return String(node.value);
    case 'array':
      return listOf(node.items.map(item => expressionOf(item, write)));
    case 'object':
      if (node.members.length === 0) return '{}';
      return `{\n${node.members.map(member => `${keyOf(member, write)} = ${expressionOf(member.value, write)}\n`).join('')}}`;
    default:
      return 'null';
  }
}

function keyOf({ key, keySpan }: MemberNode, write: WriteText): string {
  return key.includes('{{') ? write({ kind: 'string', value: key, span: keySpan }) : objectKey(key);
}

export function listOf(items: readonly string[]): string {
  const line = `[${items.join(', ')}]`;
  return line.length <= LINE && !line.includes('\n') ? line : `[\n${items.map(item => `${item},\n`).join('')}]`;
}

/** Options as arguments and blocks. Without a table (a plugin that is not built in) their form decides. */
export function bodyOf(node: ObjectNode, table: OptionTable | undefined, write: WriteText): string {
  return node.members.map(member => memberText(member, table, write)).join('');
}

function memberText({ key, value }: MemberNode, table: OptionTable | undefined, write: WriteText): string {
  const [name, option] = lookUp(key, table);
  if (!isName(name)) return `${comment(`the option ${JSON.stringify(key)} has no name that HCL2 takes`)}\n`;
  const blocks = blocksOf(value, option);
  if (blocks) return blocks.map(block => `${name} {\n${bodyOf(block, option?.fields, write)}}\n`).join('');
  return `${name} = ${argument(value, option, write)}\n`;
}

/** Packer takes options in any case, HCL2 only as they are declared. */
function lookUp(key: string, table: OptionTable | undefined): [name: string, option: Option | undefined] {
  if (!table || Object.hasOwn(table, key)) return [key, table?.[key]];
  const same = Object.keys(table).find(name => name.toLowerCase() === key.toLowerCase());
  return same === undefined ? [key, undefined] : [same, table[same]];
}

/** The bodies of the blocks that a value becomes; undefined when it is an argument. */
function blocksOf(value: ConfigNode, option: Option | undefined): readonly ObjectNode[] | undefined {
  const objects =
    value.kind === 'object'
      ? [value]
      : value.kind === 'array'
        ? value.items.filter((item): item is ObjectNode => item.kind === 'object')
        : [];
  if (value.kind === 'array' && objects.length < value.items.length) return undefined;
  if (option) {
    const isBlock = option.type === 'block' || option.type === 'blocks';
    return isBlock && (value.kind === 'array' || value.kind === 'object') ? objects : undefined;
  }
  if (value.kind === 'array') return objects.length > 0 ? objects : undefined;
  const nested = objects.some(({ members }) =>
    members.some(member => member.value.kind === 'object' || member.value.kind === 'array'),
  );
  return nested && objects.every(({ members }) => members.every(({ key }) => isName(key))) ? objects : undefined;
}

/** JSON templates may write a list of texts as one, separated by commas; HCL2 may not. */
function argument(value: ConfigNode, option: Option | undefined, write: WriteText): string {
  if (option?.type !== 'strings' || value.kind !== 'string') return expressionOf(value, write);
  if (value.value.includes('{{')) return `compact(split(",", ${write(value)}))`;
  const parts = value.value === '' ? [] : value.value.split(',');
  return listOf(parts.map(part => write({ ...value, value: part })));
}
