import type { MemberNode, ObjectNode } from '../../sdk/node.ts';

/**
 * Options with an override laid over them, as Packer decodes one after the other into the same structure: later values
 * replace scalars and lists, objects are merged key by key (one level: what they hold is plain data). Keys match in any case.
 */
export function mergeOptions(base: ObjectNode, over: ObjectNode): ObjectNode {
  return { ...base, members: mergeMembers(base.members, over.members, 1) };
}

function mergeMembers(base: readonly MemberNode[], over: readonly MemberNode[], depth: number): MemberNode[] {
  const merged = [...base];
  for (const member of over) {
    const wanted = depth > 0 ? member.key.toLowerCase() : member.key;
    const at = merged.findIndex(({ key }) => (depth > 0 ? key.toLowerCase() : key) === wanted);
    const earlier = merged[at];
    if (!earlier) merged.push(member);
    else if (depth > 0 && earlier.value.kind === 'object' && member.value.kind === 'object') {
      const members = mergeMembers(earlier.value.members, member.value.members, depth - 1);
      merged[at] = { ...member, value: { ...member.value, members } };
    } else if (member.value.kind !== 'null') merged[at] = member;
  }
  return merged;
}
