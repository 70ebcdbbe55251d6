import type { Diagnostic } from '../../sdk/diagnostics.ts';
import type { ConfigNode, ObjectNode } from '../../sdk/node.ts';
import { missingType } from './builders.ts';
import { Fields, fieldOf, without } from './fields.ts';
import { shown } from './quote.ts';
import type { RawPostProcessor } from './raw.ts';

const META_KEYS: ReadonlySet<string> = new Set(['type', 'name', 'only', 'except', 'keep_input_artifact']);

/** The elements of `post-processors`: each a sequence, of one when written as a string or object. */
export function decodePostProcessors(node: ConfigNode | undefined, found: Diagnostic[]): RawPostProcessor[][] {
  const hint = node?.kind === 'object' || node?.kind === 'string' ? 'put it in a list: [ ... ]' : undefined;
  const elements = new Fields(found).list(node, '"post-processors"', hint);
  return elements.map((element, index) => decodeSequence(element, `post-processor ${index + 1}`, found));
}

function decodeSequence(node: ConfigNode, place: string, found: Diagnostic[]): RawPostProcessor[] {
  const items = node.kind === 'array' ? node.items : [node];
  return items.flatMap((item, index) => decodeOne(item, `${place}.${index + 1}`, found) ?? []);
}

function decodeOne(node: ConfigNode, place: string, found: Diagnostic[]): RawPostProcessor | undefined {
  const fields = new Fields(found, place);
  if (node.kind === 'string' && node.value !== '') {
    const options: ObjectNode = { kind: 'object', span: node.span, members: [] };
    const type = node.value;
    return {
      type,
      typeSpan: node.span,
      label: `${place} (${shown(type)})`,
      options,
      name: type,
      named: false,
      only: [],
      except: [],
    };
  }
  if (node.kind === 'string') {
    fields.report(node, 'missing-type', `${place} has no type`, 'write the name of the post-processor, or delete it');
    return undefined;
  }
  if (node.kind === 'array') {
    const hint = 'a sequence is one list; move its elements out, or make them a sequence of their own';
    fields.report(node, 'nested-sequence', 'a sequence of post-processors cannot hold another one', hint);
    return undefined;
  }
  if (node.kind !== 'object') {
    fields.wrongType(node, place, 'a string, an object or a list of them');
    return undefined;
  }
  return decodeObject(node, place, fields, found);
}

/** The common keys are typed strictly here, unlike those of provisioners. */
function decodeObject(
  node: ObjectNode,
  place: string,
  untyped: Fields,
  found: Diagnostic[],
): RawPostProcessor | undefined {
  const type = untyped.string(fieldOf(node, 'type'), `the type of ${place}`);
  const label = type?.value ? `${place} (${shown(type.value)})` : place;
  const fields = new Fields(found, label);
  const name = fields.string(fieldOf(node, 'name'), '"name"');
  const keep = fields.boolean(fieldOf(node, 'keep_input_artifact'), '"keep_input_artifact"');
  const except = fieldOf(node, 'except');
  const only = fields.names(fieldOf(node, 'only'), '"only"');
  const exceptNames = fields.names(except, '"except"');
  if (!type?.value) {
    missingType(node, place, untyped);
    return undefined;
  }
  return {
    type: type.value,
    typeSpan: type.span,
    label,
    options: without(node, META_KEYS),
    name: name?.value || type.value,
    named: Boolean(name?.value),
    only,
    except: exceptNames,
    ...(except && { exceptSpan: except.span }),
    ...(keep !== undefined && { keepInputArtifact: keep }),
  };
}
