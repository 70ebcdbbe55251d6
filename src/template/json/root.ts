import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import { type ConfigNode, describeKind, type MemberNode, memberOf, type ObjectNode } from '../../sdk/node.ts';
import { nearest } from '../../sdk/suggest.ts';
import { decodeBuilders } from './builders.ts';
import { Fields, fieldOf } from './fields.ts';
import { decodePostProcessors } from './post-processors.ts';
import { decodeProvisioner, decodeProvisioners } from './provisioners.ts';
import { quoted } from './quote.ts';
import type { RawTemplate, RawVariable } from './raw.ts';

const ROOT_KEYS = [
  'builders',
  'provisioners',
  'error-cleanup-provisioner',
  'post-processors',
  'variables',
  'sensitive-variables',
  'description',
  'min_packer_version',
  'push',
  'comments',
] as const;

/** Names the schema an editor uses; Packer does not know it. */
const SCHEMA_KEY = '$schema';

/** Words of HCL2, and what a JSON template has instead. */
const HCL_KEYS: Readonly<Record<string, string>> = {
  source: 'in a JSON template write "builders": [{"type": ...}]',
  build: 'a JSON template has "builders", "provisioners" and "post-processors" at its root',
  variable: 'in a JSON template write "variables": {"name": "default"}',
  local: 'a JSON template has no locals: use "variables"',
  locals: 'a JSON template has no locals: use "variables"',
  packer: 'in a JSON template write "min_packer_version"',
  data: 'a JSON template has no data sources',
};

interface RootResult {
  readonly raw?: RawTemplate;
  readonly diagnostics: readonly Diagnostic[];
}

/** Types the document's root and all that the template language itself defines below it (Packer's "parse" phase). */
export function decodeRoot(root: ConfigNode): RootResult {
  if (root.kind !== 'object') {
    const hint =
      root.kind === 'array' ? 'write {"builders": [ ... ]}' : 'a template holds at least {"builders": [ ... ]}';
    const message = `a template must be an object, not ${describeKind(root)}`;
    return { diagnostics: [errorAt(root.span, 'wrong-type', message, { hint })] };
  }
  const found: Diagnostic[] = [...unknownRootKeys(root)];
  const fields = new Fields(found);
  const description = fields.string(fieldOf(root, 'description'), '"description"');
  const minVersion = fields.string(fieldOf(root, 'min_packer_version'), '"min_packer_version"');
  fields.object(fieldOf(root, 'push'), '"push"');
  checkComments(fieldOf(root, 'comments'), fields);
  const builders = memberOf(root, 'builders');
  const cleanup = fieldOf(root, 'error-cleanup-provisioner');
  const errorCleanup =
    cleanup && cleanup.kind !== 'null' ? decodeProvisioner(cleanup, 'error-cleanup-provisioner', found) : undefined;
  const raw: RawTemplate = {
    root,
    ...(description && { description: description.value }),
    ...(minVersion && { minVersion }),
    variables: decodeVariables(fieldOf(root, 'variables'), fields),
    sensitive: fields.names(fieldOf(root, 'sensitive-variables'), '"sensitive-variables"'),
    builders: decodeBuilders(builders?.value, found),
    buildersSpan: builders?.keySpan ?? { ...root.span, end: Math.min(root.span.start + 1, root.span.end) },
    provisioners: decodeProvisioners(fieldOf(root, 'provisioners'), found),
    ...(errorCleanup && { errorCleanup }),
    sequences: decodePostProcessors(fieldOf(root, 'post-processors'), found),
  };
  return { raw, diagnostics: found };
}

/** Variables are strings, or null for "required"; anything else Packer refuses too. */
function decodeVariables(node: ConfigNode | undefined, fields: Fields): RawVariable[] {
  const object = fields.object(node, '"variables"', 'write {"name": "default", ...}');
  // Of a name that stands twice the last one counts; that it does is reported as a duplicate key.
  const byName = new Map<string, RawVariable>();
  for (const { key, keySpan, value } of object?.members ?? []) {
    // What is of a wrong type still counts as a value: it is not reported again as missing.
    const given =
      fields.string(value, `the variable ${quoted(key)}`) ?? ({ kind: 'string', span: value.span, value: '' } as const);
    byName.set(key, { name: key, span: keySpan, ...(value.kind !== 'null' && { default: given }) });
  }
  return [...byName.values()];
}

function checkComments(node: ConfigNode | undefined, fields: Fields): void {
  for (const [index, item] of fields.list(node, '"comments"').entries()) {
    const object = fields.object(item, `comment ${index + 1}`);
    for (const { key, value } of object?.members ?? []) fields.string(value, `the comment ${quoted(key)}`);
  }
}

function unknownRootKeys(root: ObjectNode): Diagnostic[] {
  const known = new Set<MemberNode>();
  for (const key of ROOT_KEYS) {
    const member = memberOf(root, key);
    if (member) known.add(member);
  }
  const unknown: MemberNode[] = [];
  const found: Diagnostic[] = [];
  for (const member of root.members) {
    // Of a key written twice in the same spelling each is known here; that it stands twice is told elsewhere.
    if (known.has(member) || (ROOT_KEYS as readonly string[]).includes(member.key)) continue;
    if (!member.key.startsWith('_') && member.key !== SCHEMA_KEY) unknown.push(member);
    else if (member.value.kind !== 'string') found.push(badComment(member));
  }
  const variables = looksLikeVariables(root, unknown);
  return variables ? [variables] : [...found, ...unknown.map(unknownRootKey)];
}

function badComment({ key, value }: MemberNode): Diagnostic {
  const message = `${quoted(key)} must be a string, not ${describeKind(value)}`;
  if (key === SCHEMA_KEY)
    return errorAt(value.span, 'wrong-type', message, { hint: 'write the path or URL of a JSON Schema' });
  return errorAt(value.span, 'bad-comment', message, {
    hint: 'a root key that begins with _ is a comment: give it one string, or use several such keys',
  });
}

function unknownRootKey({ key, keySpan }: MemberNode): Diagnostic {
  const hcl = Object.hasOwn(HCL_KEYS, key) ? HCL_KEYS[key] : undefined;
  if (hcl) {
    return errorAt(keySpan, 'hcl-only', `${quoted(key)} belongs to HCL2, not to JSON templates`, {
      hint: `${hcl}; HCL2 in JSON syntax needs a file name that ends in .pkr.json`,
    });
  }
  const same = ROOT_KEYS.find(known => known === key.toLowerCase());
  if (same) {
    return errorAt(keySpan, 'duplicate-key', `${quoted(key)} stands here a second time in another spelling`, {
      hint: `keep one, written "${same}"`,
    });
  }
  const near = nearest(key, ROOT_KEYS);
  return errorAt(keySpan, 'unknown-root-key', `a template has no root key ${quoted(key)}`, {
    hint: near
      ? `did you mean "${near}"?`
      : `known are ${ROOT_KEYS.join(', ')}; for a comment write ${quoted(`_${key}`)}`,
  });
}

/** A file of nothing but unknown strings is a variable file given as the template. */
function looksLikeVariables(root: ObjectNode, unknown: readonly MemberNode[]): Diagnostic | undefined {
  const all = unknown.length > 0 && unknown.length === root.members.length;
  if (!all || !unknown.every(member => member.value.kind === 'string' && !nearest(member.key, ROOT_KEYS)))
    return undefined;
  return errorAt(unknown[0]?.keySpan, 'not-a-template', 'this is a variable file, not a template', {
    hint: 'give it with -var-file=FILE, and the template as the argument',
  });
}
