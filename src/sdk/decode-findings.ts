import { type Diagnostic, errorAt, warningAt } from './diagnostics.ts';
import { type ConfigNode, describeKind } from './node.ts';
import type { Span } from './source.ts';

/** What decoding finds out besides the values: complaints at their places, unknown values, secrets. */
export class DecodeFindings {
  readonly found: Diagnostic[] = [];
  readonly unknown = new Set<string>();
  readonly secrets: string[] = [];
  readonly #component: string;

  constructor(component: string) {
    this.#component = component;
  }

  /** Complains that a value has the wrong type. */
  mismatch(node: ConfigNode, name: string, wanted: string): undefined {
    const got = node.kind === 'string' ? `"${shorten(node.value)}"` : describeKind(node);
    this.error(node.span, 'wrong-type', `"${name}" takes ${wanted}, not ${got}`, undefined, node.origins);
    return undefined;
  }

  error(span: Span, code: string, message: string, hint?: string, origins?: ConfigNode['origins']): void {
    const notes = origins?.map(origin => ({ message: origin.what, span: origin.span }));
    this.found.push(
      errorAt(span, code, message, { component: this.#component, ...(hint && { hint }), ...(notes && { notes }) }),
    );
  }

  warn(span: Span, code: string, message: string, hint?: string): void {
    this.found.push(warningAt(span, code, message, { component: this.#component, ...(hint && { hint }) }));
  }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
