import type { Span } from './source.ts';

/**
 * A configuration value that remembers its place. Both front ends (JSON and HCL) give component options in this
 * form, so that every later complaint can point at the very text.
 */
export type ConfigNode = ObjectNode | ArrayNode | StringNode | NumberNode | BooleanNode | NullNode | UnknownNode;

interface Placed {
  readonly span: Span;
  /** Places the value came from, besides `span`: the variable's default, a var-file, the command line. */
  readonly origins?: readonly { readonly what: string; readonly span: Span }[];
}
export interface ObjectNode extends Placed {
  readonly kind: 'object';
  readonly members: readonly MemberNode[];
}
export interface MemberNode {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: ConfigNode;
}
export interface ArrayNode extends Placed {
  readonly kind: 'array';
  readonly items: readonly ConfigNode[];
}
export interface StringNode extends Placed {
  readonly kind: 'string';
  readonly value: string;
}
export interface NumberNode extends Placed {
  readonly kind: 'number';
  readonly value: number;
  /** The digits as written, so that big or oddly spelled numbers survive. */
  readonly text: string;
}
export interface BooleanNode extends Placed {
  readonly kind: 'boolean';
  readonly value: boolean;
}
export interface NullNode extends Placed {
  readonly kind: 'null';
}
/** An HCL value that is only known when the build runs; it passes every check. */
export interface UnknownNode extends Placed {
  readonly kind: 'unknown';
}

/** The member of that name, exact spelling first, then the first one that differs only in case (as Packer does). */
export function memberOf(node: ObjectNode, key: string): MemberNode | undefined {
  const exact = node.members.find(member => member.key === key);
  if (exact) return exact;
  const lower = key.toLowerCase();
  return node.members.find(member => member.key.toLowerCase() === lower);
}

/** Walks down a path of keys and indexes; undefined when there is nothing there. */
export function nodeAt(node: ConfigNode, path: readonly (string | number)[]): ConfigNode | undefined {
  let at: ConfigNode | undefined = node;
  for (const step of path) {
    if (at?.kind === 'object') at = memberOf(at, String(step))?.value;
    else if (at?.kind === 'array') at = at.items[Number(step)];
    // A single value stands for a list of one, so index 0 of it is itself.
    else if (step !== 0) return undefined;
  }
  return at;
}

/** The node as plain data; unknown values become undefined. */
export function toPlain(node: ConfigNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(member => [member.key, toPlain(member.value)]));
    case 'array':
      return node.items.map(toPlain);
    case 'null':
      return null;
    case 'unknown':
      return undefined;
    default:
      return node.value;
  }
}

const JSON_NAMES = { object: 'an object', array: 'a list', string: 'a string', number: 'a number' } as const;

/** The kind of a node as a user would say it, e.g. "a list". */
export function describeKind(node: ConfigNode): string {
  switch (node.kind) {
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'unknown':
      return 'a value known only at run time';
    default:
      return JSON_NAMES[node.kind];
  }
}
