import type { Diagnostic } from '../../src/sdk/diagnostics.ts';
import { positionAt } from '../../src/sdk/source.ts';

export type { Diagnostic };

/** `line:column message (hint)` */
export function formatPlace({ span, message, hint }: Diagnostic): string {
  const place = span && positionAt(span.file, span.start);
  return `${place?.line}:${place?.column} ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
