import { type Diagnostic, errorAt } from '../sdk/diagnostics.ts';
import { nearest } from '../sdk/suggest.ts';
import type { ComponentSpec } from '../template/model.ts';
import { FOREIGN_TYPES } from './foreign-types.ts';

/** Says that a type is not in the catalog: not built in, or a spelling mistake. */
export function unknownType(
  kind: 'builder' | 'provisioner' | 'post-processor',
  spec: ComponentSpec,
  known: readonly string[],
): Diagnostic {
  const near = nearest(spec.type, known);
  const list = `built in: ${[...known].sort().join(', ')}`;
  const foreign = FOREIGN_TYPES[kind].has(spec.type);
  const message = foreign ? `${kind} "${spec.type}" is not built into kiln` : `unknown ${kind} type "${spec.type}"`;
  const hint = !foreign && near ? `did you mean "${near}"? ${list}` : list;
  return errorAt(spec.span, foreign ? 'not-built-in' : 'unknown-type', message, {
    hint,
    component: `${kind} ${spec.type}`,
  });
}
