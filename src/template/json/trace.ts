import { type Diagnostic, warningAt } from '../../sdk/diagnostics.ts';
import type { ConfigNode, ObjectNode, StringNode } from '../../sdk/node.ts';
import { nearest } from '../../sdk/suggest.ts';
import { spanInside, type UserReference, userReferences } from '../interpolate/index.ts';
import { quoted, shown } from './quote.ts';

/** What is known of the variables when options are handed out. */
export interface VariableUse {
  /** Where each value was written: the default, a variable file, the command line. */
  readonly sources: ReadonlyMap<string, StringNode>;
  /** Variables that should have a value, but have none; that is told already. */
  readonly unresolved: ReadonlySet<string>;
  /** Undeclared names that were warned of: each is told once. */
  readonly told: Set<string>;
}

interface Traced {
  readonly node: ObjectNode;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Follows the variables that options use. A string that uses some learns where their values came from, so that complaints
 * point at both places. One that uses a variable without a value becomes unknown and passes all checks: the rest can still
 * be checked in the same run. A name that nobody declared is empty, as in Packer, and worth a warning.
 */
export function traceVariables(node: ObjectNode, use: VariableUse, component: string): Traced {
  const diagnostics: Diagnostic[] = [];
  const visit = (at: ConfigNode): ConfigNode => {
    if (at.kind === 'object') return visitObject(at);
    if (at.kind === 'array') {
      const items = at.items.map(visit);
      return items.every((item, index) => item === at.items[index]) ? at : { ...at, items };
    }
    return at.kind === 'string' && at.value.includes('{{') ? visitString(at) : at;
  };
  const visitObject = (at: ObjectNode): ObjectNode => {
    const members = at.members.map(member => {
      const value = visit(member.value);
      return value === member.value ? member : { ...member, value };
    });
    return members.every((member, index) => member === at.members[index]) ? at : { ...at, members };
  };
  const visitString = (at: StringNode): ConfigNode => {
    const references = userReferences(at.value);
    if (references.length === 0) return at;
    if (references.some(({ name }) => use.unresolved.has(name))) return { kind: 'unknown', span: at.span };
    for (const reference of references) {
      if (use.sources.has(reference.name) || use.told.has(reference.name)) continue;
      use.told.add(reference.name);
      diagnostics.push(undeclared(at, reference, use, component));
    }
    const origins = [...new Set(references.map(({ name }) => name))].flatMap(name => {
      const source = use.sources.get(name);
      return source ? [{ what: `the value of ${quoted(name)} is given here`, span: source.span }] : [];
    });
    return origins.length > 0 ? { ...at, origins } : at;
  };
  return { node: visitObject(node), diagnostics };
}

function undeclared(
  node: StringNode,
  { name, start, end }: UserReference,
  use: VariableUse,
  component: string,
): Diagnostic {
  const near = nearest(name, [...use.sources.keys(), ...use.unresolved]);
  const message = `no variable is called ${quoted(name)}, so this is empty`;
  const hint = near
    ? `did you mean ${quoted(near)}?`
    : `declare it under "variables", or give it with -var '${shown(name)}=VALUE'`;
  return warningAt(spanInside(node, start, end), 'undefined-variable', message, { hint, component });
}
