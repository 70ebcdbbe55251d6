import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import { type ConfigNode, describeKind } from '../../../sdk/node.ts';
import { didYouMean } from '../../../sdk/suggest.ts';
import type { Attribute, Block, Body, JsonMember, Name } from '../syntax/ast.ts';
import { jsonBody, jsonExpression } from '../syntax/json.ts';

/** What a body may hold: the names of its arguments, and its blocks with the names of their labels. */
export interface BodySchema {
  readonly attributes: readonly string[];
  readonly blocks: Readonly<Record<string, readonly string[]>>;
}

export interface Content {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
}

/** Splits a body into arguments and blocks, and reports what does not belong there. `where` names the body in messages. */
export function readBody(body: Body, schema: BodySchema, where: string, diagnostics: Diagnostic[]): Content {
  const { attributes, blocks } = split(body, schema.blocks, diagnostics);
  const known = new Map<string, Attribute>();
  for (const attribute of attributes) {
    if (schema.attributes.includes(attribute.name)) known.set(attribute.name, attribute);
    else diagnostics.push(unexpectedAttribute(attribute, schema, where));
  }
  const accepted = blocks.filter(block => {
    const labels = Object.hasOwn(schema.blocks, block.type) ? schema.blocks[block.type] : undefined;
    if (!labels) diagnostics.push(unexpectedBlock(block, schema, where));
    return labels !== undefined && labelsFit(block, labels, diagnostics);
  });
  return { attributes: known, blocks: accepted };
}

/** The content of a body whose arguments only a plugin knows. In JSON everything but `dynamic` reads as an argument. */
export function openContent(
  body: Body,
  diagnostics: Diagnostic[] | undefined,
  blocks: BodySchema['blocks'] = {},
): { attributes: readonly Attribute[]; blocks: readonly Block[] } {
  return split(body, { ...blocks, dynamic: ['type'] }, diagnostics);
}

function split(
  body: Body,
  blockTypes: BodySchema['blocks'],
  diagnostics: Diagnostic[] | undefined,
): { attributes: readonly Attribute[]; blocks: readonly Block[] } {
  if (body.syntax === 'native') return body;
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (const member of body.members) {
    const labels = Object.hasOwn(blockTypes, member.name) ? blockTypes[member.name] : undefined;
    if (labels) blocks.push(...jsonBlocks(member, labels, diagnostics));
    else if (attributes.has(member.name)) {
      diagnostics?.push(
        errorAt(member.nameSpan, 'duplicate-argument', `"${member.name}" is set twice`, {
          hint: 'delete one of the two',
        }),
      );
    } else {
      const expression = jsonExpression(member.value, diagnostics);
      const span = { ...member.nameSpan, end: member.value.span.end };
      attributes.set(member.name, { name: member.name, nameSpan: member.nameSpan, expression, span });
    }
  }
  return { attributes: [...attributes.values()], blocks };
}

/** One level of objects per label, then one object, or a list of them, per block. */
function jsonBlocks(member: JsonMember, labelNames: readonly string[], diagnostics: Diagnostic[] | undefined): Block[] {
  const blocks: Block[] = [];
  const descend = (node: ConfigNode, labels: readonly Name[]): void => {
    if (node.kind === 'array') {
      for (const item of node.items) descend(item, labels);
    } else if (node.kind !== 'object') {
      if (node.kind === 'null') return;
      diagnostics?.push(
        errorAt(node.span, 'wrong-type', `the block "${member.name}" must be an object, not ${describeKind(node)}`),
      );
    } else if (labels.length < labelNames.length) {
      for (const one of node.members) {
        if (one.key !== '//') descend(one.value, [...labels, { text: one.key, span: one.keySpan }]);
      }
    } else {
      const last = labels[labels.length - 1]?.span ?? member.nameSpan;
      blocks.push({
        type: member.name,
        typeSpan: member.nameSpan,
        labels,
        body: jsonBody(node),
        headerSpan: last,
        span: node.span,
      });
    }
  };
  descend(member.value, []);
  return blocks;
}

function unexpectedAttribute(attribute: Attribute, schema: BodySchema, where: string): Diagnostic {
  const { name, nameSpan } = attribute;
  if (Object.hasOwn(schema.blocks, name)) {
    const labels = schema.blocks[name] ?? [];
    return errorAt(nameSpan, 'block-expected', `"${name}" is a block, not an argument`, {
      hint: `write ${[name, ...labels.map(label => `"${label}"`)].join(' ')} { ... } without "="`,
    });
  }
  const names = [...schema.attributes, ...Object.keys(schema.blocks)];
  const hint =
    didYouMean(name, names).hint ??
    (schema.attributes.length > 0
      ? `the arguments are ${schema.attributes.join(', ')}`
      : `there are only blocks: ${Object.keys(schema.blocks).join(', ')}`);
  return errorAt(nameSpan, 'unknown-argument', `there is no argument "${name}" in ${where}`, { hint });
}

function unexpectedBlock(block: Block, schema: BodySchema, where: string): Diagnostic {
  const { type, typeSpan } = block;
  if (schema.attributes.includes(type)) {
    return errorAt(typeSpan, 'argument-expected', `"${type}" is an argument, not a block`, {
      hint: `write ${type} = ...`,
    });
  }
  const hint = ADVICE[type] ?? didYouMean(type, [...Object.keys(schema.blocks), ...schema.attributes]).hint;
  return errorAt(
    typeSpan,
    'unknown-block',
    `there is no block "${type}" in ${where}`,
    hint === undefined ? {} : { hint },
  );
}

/** Blocks of related tools, or in the wrong place. */
const ADVICE: Readonly<Record<string, string>> = {
  provider: 'providers belong to Terraform; plugins are named in packer { required_plugins { ... } }',
  resource: 'resources belong to Terraform; what an image is built from is a source block',
  output: 'outputs belong to Terraform; write the results with post-processor "manifest"',
  module: 'modules belong to Terraform; a folder of *.pkr.hcl files is read as one template',
  terraform: 'write packer { ... }',
  builder: 'write source "TYPE" "NAME" { ... } and refer to it in a build block',
  builders: 'write source "TYPE" "NAME" { ... } and refer to it in a build block',
  'post-processors': 'post-processors stand inside a build block',
  'post-processor': 'post-processors stand inside a build block',
  provisioner: 'provisioners stand inside a build block',
  provisioners: 'write provisioner "TYPE" { ... } inside a build block',
  required_plugins: 'required_plugins stands inside packer { ... }',
};

function labelsFit(block: Block, names: readonly string[], diagnostics: Diagnostic[]): boolean {
  if (block.labels.length === names.length) return true;
  const form = [block.type, ...names.map(name => `"${name.toUpperCase()}"`), '{ ... }'].join(' ');
  const extra = block.labels[names.length];
  const missing = names[block.labels.length];
  if (extra)
    diagnostics.push(
      errorAt(extra.span, 'extra-label', `the block "${block.type}" has too many labels`, { hint: `write ${form}` }),
    );
  else
    diagnostics.push(
      errorAt(block.headerSpan, 'missing-label', `the block "${block.type}" has no ${missing ?? 'label'}`, {
        hint: `write ${form}`,
      }),
    );
  return false;
}
