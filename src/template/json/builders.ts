import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { ConfigNode, ObjectNode } from '../../sdk/node.ts';
import { nearest } from '../../sdk/suggest.ts';
import { Fields, fieldOf, without } from './fields.ts';
import { quoted, shown } from './quote.ts';
import type { RawBuilder } from './raw.ts';

const META_KEYS: ReadonlySet<string> = new Set(['type', 'name']);

/** The elements of `builders`: each an object with a type and a name of its own. */
export function decodeBuilders(node: ConfigNode | undefined, found: Diagnostic[]): RawBuilder[] {
  const builders: RawBuilder[] = [];
  const byName = new Map<string, RawBuilder>();
  const hint = node?.kind === 'object' ? 'put it in a list: [ { ... } ]' : undefined;
  for (const [index, item] of new Fields(found).list(node, '"builders"', hint).entries()) {
    const builder = decodeBuilder(item, `builder ${index + 1}`, found);
    if (!builder) continue;
    const earlier = byName.get(builder.name);
    if (earlier) found.push(sameName(builder, earlier));
    else byName.set(builder.name, builder);
    if (!earlier) builders.push(builder);
  }
  return builders;
}

function decodeBuilder(node: ConfigNode, place: string, found: Diagnostic[]): RawBuilder | undefined {
  const fields = new Fields(found, place);
  if (node.kind !== 'object') {
    fields.wrongType(
      node,
      place,
      'an object',
      node.kind === 'string' ? `write {"type": ${quoted(node.value)}}` : undefined,
    );
    return undefined;
  }
  const type = fields.weakString(fieldOf(node, 'type'), `the type of ${place}`);
  const name = fields.weakString(fieldOf(node, 'name'), `the name of ${place}`);
  if (!type?.value) {
    missingType(node, place, fields);
    return undefined;
  }
  return {
    type: type.value,
    typeSpan: type.span,
    label: `${place} (${shown(type.value)})`,
    name: name?.value || type.value,
    nameNode: name?.value ? name : type,
    options: without(node, META_KEYS),
  };
}

/** Reports an object without a type, unless the type was already found to be of a wrong kind. */
export function missingType(node: ObjectNode, place: string, fields: Fields): void {
  const given = fieldOf(node, 'type');
  if (given && given.kind !== 'null' && !(given.kind === 'string' && given.value === '')) return;
  const near = given
    ? undefined
    : nearest(
        'type',
        node.members.map(member => member.key),
      );
  const hint = near ? `is ${quoted(near)} meant to be "type"?` : 'say which plugin it is: "type": "..."';
  const open = { span: given?.span ?? { ...node.span, end: node.span.start + 1 } };
  fields.report(open, 'missing-type', `${place} has no type`, hint);
}

function sameName(builder: RawBuilder, earlier: RawBuilder): Diagnostic {
  return errorAt(builder.nameNode.span, 'duplicate-builder', `two builders are called ${quoted(builder.name)}`, {
    hint: 'give one of them another "name"; without one, a builder is called like its type',
    notes: [{ message: 'the first one is here', span: earlier.nameNode.span }],
    component: builder.label,
  });
}
