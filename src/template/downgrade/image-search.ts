import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import { openContent } from '../hcl/blocks/content.ts';
import { referencesIn } from '../hcl/blocks/references.ts';
import type { Loading } from '../hcl/loading.ts';
import type { Attribute, Block, Body, Expression } from '../hcl/syntax/ast.ts';
import type { ExpressionWriter } from './expression.ts';
import { type JsonObject, optionsOf } from './options.ts';

/** What `source_ami_filter` has of the data source; the rest is access to AWS, which a builder has for all that it does. */
const FILTER: ReadonlySet<string> = new Set(['filters', 'owners', 'most_recent', 'include_deprecated']);

/** A `source_ami` that is nothing but the id which a data block of the type amazon-ami finds. */
export interface ImageSearch {
  readonly attribute: Attribute;
  readonly block: Block;
}

export function findImageSearch(bodies: readonly Body[], { blocks }: Loading): ImageSearch | undefined {
  for (const body of bodies) {
    const attribute = openContent(body, undefined).attributes.find(one => one.name === 'source_ami');
    const expression = attribute && inner(attribute.expression);
    const reference = expression && referencesIn(expression)[0];
    if (!attribute || reference?.expression !== expression || reference?.root !== 'data') continue;
    const [type, name, output] = reference.path;
    const block = blocks.find(
      one => one.type === 'data' && one.labels[0]?.text === type && one.labels[1]?.text === name,
    );
    if (type === 'amazon-ami' && output === 'id' && block) return { attribute, block };
  }
  return undefined;
}

function inner(expression: Expression): Expression {
  if (expression.kind === 'parentheses') return inner(expression.inner);
  if (expression.kind !== 'template' || expression.parts.length !== 1) return expression;
  const [part] = expression.parts;
  return part?.kind === 'interpolation' ? inner(part.expression) : expression;
}

/** The builder's own search, as JSON templates have it. It uses the builder's access to AWS, so that must be the same. */
export function sourceAmiFilter(
  { attribute, block }: ImageSearch,
  builder: JsonObject,
  { scope }: Loading,
  writer: ExpressionWriter,
  diagnostics: Diagnostic[],
): JsonObject {
  const search = optionsOf([block.body], scope, undefined, writer, diagnostics);
  const other = Object.keys(search).find(
    key => !FILTER.has(key) && JSON.stringify(search[key]) !== JSON.stringify(builder[key]),
  );
  if (other !== undefined)
    diagnostics.push(
      errorAt(
        attribute.expression.span,
        'not-in-json',
        `the image is searched with another "${other}" than the builder's`,
        {
          hint: 'in JSON templates a builder searches with its own options',
          notes: [{ message: 'the search', span: block.headerSpan }],
        },
      ),
    );
  return Object.fromEntries(Object.entries(search).filter(([key]) => FILTER.has(key)));
}
