import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { ConfigNode, MemberNode } from '../../sdk/node.ts';
import { quoted } from './quote.ts';

/**
 * Every key that stands twice in one object, at any depth, with both places. Spellings that differ in case are different keys here.
 * JSON readers silently take the last one, so that a part of what was written would be lost: Packer refuses it too.
 */
export function findDuplicateKeys(root: ConfigNode): Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(root, found);
  return found;
}

function visit(node: ConfigNode, found: Diagnostic[]): void {
  if (node.kind === 'array') {
    for (const item of node.items) visit(item, found);
  } else if (node.kind === 'object') {
    const first = new Map<string, MemberNode>();
    for (const member of node.members) {
      const earlier = first.get(member.key);
      if (earlier) found.push(duplicate(member, earlier));
      else first.set(member.key, member);
      visit(member.value, found);
    }
  }
}

function duplicate(member: MemberNode, earlier: MemberNode): Diagnostic {
  return errorAt(member.keySpan, 'duplicate-key', `${quoted(member.key)} stands twice in the same object`, {
    hint: 'delete one of the two, or merge them',
    notes: [{ message: 'the first one is here', span: earlier.keySpan }],
  });
}
