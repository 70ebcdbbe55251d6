import type { Diagnostic } from '../../../sdk/diagnostics.ts';
import type { Scope } from '../eval/index.ts';
import type { Block } from '../syntax/ast.ts';
import { mapOf, STRING } from '../values/types.ts';
import { readBody } from './content.ts';
import { REGISTRY } from './schemas.ts';
import { ArgumentReader, evaluateAs } from './values.ts';

/** Checks an hcp_packer_registry block. kiln does not publish to HCP Packer: it is read so that templates need no change. */
export function checkRegistry(block: Block, scope: Scope, diagnostics: Diagnostic[]): void {
  const { attributes } = readBody(block.body, REGISTRY, 'hcp_packer_registry', diagnostics);
  const reader = new ArgumentReader(attributes, scope, diagnostics);
  const bucket = reader.text('bucket_name');
  if (bucket !== undefined && !/^[a-zA-Z0-9-]{3,36}$/.test(bucket)) {
    reader.report(
      'bucket_name',
      'invalid-value',
      `"${bucket}" cannot be the name of a bucket`,
      'use 3 to 36 letters, digits and dashes',
    );
  }
  if ((reader.text('description') ?? '').length > 255)
    reader.report('description', 'invalid-value', 'the description is longer than 255 characters');
  if (attributes.has('labels') && attributes.has('bucket_labels')) {
    reader.report(
      'labels',
      'invalid-value',
      '"labels" is the old name of "bucket_labels"; both cannot be set',
      'delete "labels"',
    );
  }
  for (const name of ['bucket_labels', 'labels', 'build_labels']) {
    const attribute = attributes.get(name);
    if (attribute) evaluateAs(attribute.expression, mapOf(STRING), scope, `"${name}"`, diagnostics);
  }
  reader.texts('channels');
}
