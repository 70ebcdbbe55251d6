import type { Span } from './source.ts';

/** One finding about what the user wrote: what happened, where, and what to do. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable kebab-case name of the kind of finding, e.g. `unknown-option`; see docs/errors.md. */
  readonly code: string;
  /** What happened, cause first, one sentence without a final period. */
  readonly message: string;
  readonly span?: Span;
  /** What to do about it: the nearest right name, the missing character, the command to run. */
  readonly hint?: string;
  /** Other places that belong to it, e.g. where a variable's value came from. */
  readonly notes?: readonly DiagnosticNote[];
  /** What it is about, e.g. `builder amazon-ebs "web"`. */
  readonly component?: string;
}

export interface DiagnosticNote {
  readonly message: string;
  readonly span?: Span;
}

type Extra = Pick<Diagnostic, 'hint' | 'notes' | 'component'>;

/** An error diagnostic. `span` may be undefined where there is no place to point at. */
export function errorAt(span: Span | undefined, code: string, message: string, extra: Extra = {}): Diagnostic {
  return { severity: 'error', code, message, ...(span && { span }), ...extra };
}

/** A warning diagnostic. */
export function warningAt(span: Span | undefined, code: string, message: string, extra: Extra = {}): Diagnostic {
  return { severity: 'warning', code, message, ...(span && { span }), ...extra };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(one => one.severity === 'error');
}

/** Sorted by file, then place, errors before warnings at one place; placeless ones last. Stable. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const rank = (one: Diagnostic): number => (one.severity === 'error' ? 0 : 1);
  return [...diagnostics].sort((a, b) => {
    if (!a.span || !b.span) return Number(!a.span) - Number(!b.span);
    if (a.span.file !== b.span.file) return a.span.file.path < b.span.file.path ? -1 : 1;
    return a.span.start - b.span.start || rank(a) - rank(b);
  });
}
