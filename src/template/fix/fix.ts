import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import { type ConfigNode, describeKind, type ObjectNode } from '../../sdk/node.ts';
import type { Span } from '../../sdk/source.ts';
import type { FixTarget } from './fixer.ts';
import { FIXERS } from './fixers.ts';
import { isObject, type JsonObject, type JsonValue, toJson } from './json.ts';
import { fixedText } from './print.ts';

export interface FixResult {
  /** The fixed document; absent when it could not be fixed. */
  readonly document?: JsonObject;
  /** The document says something else than before: a fixer had something to do. */
  readonly changed: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Names of the fixers, in the order they run. */
export const fixerNames: readonly string[] = FIXERS.map(fixer => fixer.name);

/** The fixer that knows an old option name, for the advice to run `kiln fix`. */
export function fixerOfKey(key: string): string | undefined {
  return FIXERS.find(fixer => fixer.keys?.includes(key))?.name;
}

/**
 * Brings a JSON template up to date: every fixer of Packer 1.16 in order. Works on plain data, so the order of keys and the
 * spelling of numbers are lost; where a key stands twice the last one counts. Values of unexpected types are left alone.
 */
export function fixTemplate(root: ConfigNode): FixResult {
  if (root.kind !== 'object') {
    const message = `a template must be an object, not ${describeKind(root)}`;
    return { changed: false, diagnostics: [errorAt(root.span, 'wrong-type', message)] };
  }
  const diagnostics = checkLists(root);
  const document = toJson(root);
  if (diagnostics.length > 0 || !isObject(document)) return { changed: false, diagnostics };
  const before = fixedText(document);
  for (const key of ['builders', 'provisioners', 'post-processors']) useUsualSpelling(document, key);
  const { builders = null, provisioners = null } = document;
  document.builders = builders;
  // A single provisioner counts as a list of one.
  if (provisioners !== null && !Array.isArray(provisioners)) document.provisioners = [provisioners];
  const target = targetOf(document, (message, hint) =>
    diagnostics.push(errorAt(placeOf(root, 'builders'), 'unfixable', message, { hint })),
  );
  for (const fixer of FIXERS) fixer.apply(target);
  if (diagnostics.length > 0) return { changed: false, diagnostics };
  return { document, changed: fixedText(document) !== before, diagnostics };
}

/** `builders` and `post-processors` of other types than lists (builders: of objects) cannot be fixed. */
function checkLists(root: ObjectNode): Diagnostic[] {
  return root.members.flatMap(({ key, value }) => {
    const name = key.toLowerCase();
    if ((name !== 'builders' && name !== 'post-processors') || value.kind === 'null') return [];
    const message = `"${name}" must be a list, not ${describeKind(value)}`;
    if (value.kind !== 'array') return [errorAt(value.span, 'wrong-type', message)];
    if (name === 'post-processors') return [];
    return value.items.flatMap((item, index) =>
      item.kind === 'object'
        ? []
        : [errorAt(item.span, 'wrong-type', `builder ${index + 1} must be an object, not ${describeKind(item)}`)],
    );
  });
}

function useUsualSpelling(document: JsonObject, key: string): void {
  if (Object.hasOwn(document, key)) return;
  const given = Object.keys(document).find(one => one.toLowerCase() === key);
  if (given === undefined) return;
  document[key] = document[given] ?? null;
  delete document[given];
}

function targetOf(document: JsonObject, fail: FixTarget['fail']): FixTarget {
  const postProcessors = listOf(document['post-processors']);
  return {
    builders: listOf(document.builders).filter(isObject),
    provisioners: listOf(document.provisioners).filter(isObject),
    postProcessors: postProcessors.flatMap(one => (Array.isArray(one) ? one : [one])).filter(isObject),
    hasPostProcessors: Array.isArray(document['post-processors']),
    fail,
  };
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function placeOf(root: ObjectNode, key: string): Span {
  return root.members.find(member => member.key.toLowerCase() === key)?.keySpan ?? root.span;
}
