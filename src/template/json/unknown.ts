import type { ConfigNode, ObjectNode } from '../../sdk/node.ts';
import { userReferences } from '../interpolate/index.ts';

/**
 * The options with every string that uses one of the variables made unknown, so that it passes all checks: that the
 * variable has no value is told already, and everything else that is wrong should be told in the same run.
 */
export function withoutValues(node: ObjectNode, variables: ReadonlySet<string>): ObjectNode {
  return { ...node, members: node.members.map(member => ({ ...member, value: blank(member.value, variables) })) };
}

function blank(node: ConfigNode, variables: ReadonlySet<string>): ConfigNode {
  if (node.kind === 'object') return withoutValues(node, variables);
  if (node.kind === 'array') return { ...node, items: node.items.map(item => blank(item, variables)) };
  if (node.kind !== 'string') return node;
  const uses = userReferences(node.value).some(({ name }) => variables.has(name));
  return uses ? { kind: 'unknown', span: node.span } : node;
}
