import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import { type ConfigNode, describeKind, memberOf, type ObjectNode, type StringNode } from '../../sdk/node.ts';
import { quoted } from './quote.ts';
import type { NameRef } from './raw.ts';

/**
 * Reads the keys that belong to the template language itself. Each reader gives the value, or undefined when the key is
 * absent, null (which Packer takes for absent) or of a wrong type, which it reports.
 */
export class Fields {
  private readonly found: Diagnostic[];
  /** The component the object is, for the reports. */
  private readonly component: string | undefined;

  constructor(found: Diagnostic[], component?: string) {
    this.found = found;
    this.component = component;
  }

  report(node: { readonly span: ConfigNode['span'] }, code: string, message: string, hint?: string): void {
    const extra = { ...(hint && { hint }), ...(this.component && { component: this.component }) };
    this.found.push(errorAt(node.span, code, message, extra));
  }

  wrongType(node: ConfigNode, what: string, wanted: string, hint?: string): void {
    this.report(node, 'wrong-type', `${what} must be ${wanted}, not ${describeKind(node)}`, hint);
  }

  /** A string and nothing else. */
  string(node: ConfigNode | undefined, what: string): StringNode | undefined {
    if (!node || node.kind === 'null') return undefined;
    if (node.kind === 'string') return node;
    const scalar = node.kind === 'number' || node.kind === 'boolean';
    const text = node.kind === 'number' ? node.text : node.kind === 'boolean' ? String(node.value) : '';
    this.wrongType(node, what, 'a string', scalar ? `put it in double quotes: ${quoted(text)}` : undefined);
    return undefined;
  }

  /** A string, or a number or boolean taken for one (Packer's weak typing). */
  weakString(node: ConfigNode | undefined, what: string): StringNode | undefined {
    if (node?.kind === 'number' || node?.kind === 'boolean') return weakText(node);
    return this.string(node, what);
  }

  boolean(node: ConfigNode | undefined, what: string): boolean | undefined {
    if (!node || node.kind === 'null') return undefined;
    if (node.kind === 'boolean') return node.value;
    const unquoted = node.kind === 'string' && /^(?:true|false)$/.test(node.value);
    this.wrongType(node, what, 'true or false', unquoted ? `write ${node.value} without quotes` : undefined);
    return undefined;
  }

  /** A list of anything. */
  list(node: ConfigNode | undefined, what: string, hint?: string): readonly ConfigNode[] {
    if (!node || node.kind === 'null') return [];
    if (node.kind === 'array') return node.items;
    this.wrongType(node, what, 'a list', hint);
    return [];
  }

  object(node: ConfigNode | undefined, what: string, hint?: string): ObjectNode | undefined {
    if (!node || node.kind === 'null') return undefined;
    if (node.kind === 'object') return node;
    this.wrongType(node, what, 'an object', hint);
    return undefined;
  }

  /** A list of strings and nothing else. */
  names(node: ConfigNode | undefined, what: string): readonly NameRef[] {
    const hint = node?.kind === 'string' ? `write it as a list: [${quoted(node.value)}]` : undefined;
    return this.list(node, what, hint).flatMap((item, index) => {
      if (item.kind === 'null') return [];
      const name = this.string(item, `item ${index + 1} of ${what}`);
      return name ? [{ name: name.value, span: name.span }] : [];
    });
  }

  /** A list of strings, or a single one; numbers and booleans count as strings (weak typing). */
  weakNames(node: ConfigNode | undefined, what: string): readonly NameRef[] {
    if (!node || node.kind === 'null' || (node.kind === 'object' && node.members.length === 0)) return [];
    if (node.kind === 'object') {
      this.wrongType(node, what, 'a list of names');
      return [];
    }
    const items = node.kind === 'array' ? node.items : [node];
    return items.flatMap((item, index) => {
      if (item.kind === 'null') return [];
      const name = this.weakString(item, node.kind === 'array' ? `item ${index + 1} of ${what}` : what);
      return name ? [{ name: name.value, span: name.span }] : [];
    });
  }
}

/** How Go's weak decoding spells a scalar: booleans become 1 and 0. */
function weakText(node: Extract<ConfigNode, { kind: 'number' | 'boolean' }>): StringNode {
  const value = node.kind === 'number' ? String(node.value) : node.value ? '1' : '0';
  return { kind: 'string', span: node.span, value };
}

/** The value under a key, found as Packer finds it: exact spelling first, then any case. */
export function fieldOf(node: ObjectNode, key: string): ConfigNode | undefined {
  return memberOf(node, key)?.value;
}

/** The object without those keys. Those in another case stay, though they were read: to Packer they are unknown options. */
export function without(node: ObjectNode, keys: ReadonlySet<string>): ObjectNode {
  return { ...node, members: node.members.filter(member => !keys.has(member.key)) };
}
