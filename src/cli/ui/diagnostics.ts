import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { formatLocation, lineText, positionAt, type Span } from '../../sdk/source.ts';
import type { Style } from './style.ts';

/** Widest excerpt line shown; longer ones are cut around the place. */
const WIDEST = 160;

/** Longest message or hint shown, and longest name of a component; a value in it can be a whole file. */
const LONGEST = 500;
const LONGEST_COMPONENT = 80;

/** A text from a template as a terminal may show it: no control characters, the middle of very long ones left out. */
function shown(text: string, longest = LONGEST): string {
  const clean = text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\uFFFD');
  if (clean.length <= longest) return clean;
  const end = Math.floor(longest / 5);
  return `${clean.slice(0, longest - end - 5)} ... ${clean.slice(-end)}`;
}

/** A finding as people read it: cause, place, the very text with a caret, what to do. */
export function formatDiagnostic(one: Diagnostic, style: Style): string {
  const head = one.severity === 'error' ? style.error('error:') : style.warning('warning:');
  const lines = [`${head} ${style.bold(shown(one.message))}`];
  if (one.span) lines.push(...excerpt(one.span, one.component, style));
  else if (one.component) lines.push(`  ${style.dim('in')} ${shown(one.component, LONGEST_COMPONENT)}`);
  for (const note of one.notes ?? [])
    lines.push(`  ${style.dim('note:')} ${shown(note.message)}${note.span ? ` (${formatLocation(note.span)})` : ''}`);
  if (one.hint) lines.push(`  ${style.dim('help:')} ${shown(one.hint)}`);
  return `${lines.join('\n')}\n`;
}

function excerpt(span: Span, component: string | undefined, style: Style): string[] {
  const { line, column } = positionAt(span.file, span.start);
  const full = lineText(span.file, line);
  const cut = full.length > WIDEST ? Math.max(0, column - 1 - WIDEST / 2) : 0;
  const text = full.slice(cut, cut + WIDEST);
  const at = column - 1 - cut;
  const sameLine = Math.min(span.end - span.start, text.length - at);
  // Tabs keep their width in the caret line, so that it stands under the right character on every terminal.
  const indent = text.slice(0, at).replaceAll(/[^\t]/g, ' ');
  const gutter = String(line);
  const margin = ' '.repeat(gutter.length);
  const about = component ? style.dim(` (${shown(component, LONGEST_COMPONENT)})`) : '';
  return [
    `${margin}${style.dim('-->')} ${formatLocation(span)}${about}`,
    `${margin} ${style.dim('|')}`,
    `${style.dim(`${gutter} |`)} ${shown(text)}`,
    `${margin} ${style.dim('|')} ${indent}${style.error('^'.repeat(Math.max(1, sameLine)))}`,
  ];
}

/** The same as data, for `--json`. */
export function diagnosticToJson(one: Diagnostic): Record<string, unknown> {
  return {
    severity: one.severity,
    code: one.code,
    message: one.message,
    ...(one.component && { component: one.component }),
    ...(one.span && { range: rangeToJson(one.span) }),
    ...(one.hint && { hint: one.hint }),
    ...(one.notes && {
      notes: one.notes.map(note => ({ message: note.message, ...(note.span && { range: rangeToJson(note.span) }) })),
    }),
  };
}

function rangeToJson(span: Span): Record<string, unknown> {
  return { file: span.file.path, start: positionAt(span.file, span.start), end: positionAt(span.file, span.end) };
}

/** A workflow command that GitHub Actions shows as an annotation at the place. */
export function githubAnnotation(one: Diagnostic): string {
  const property = (text: string): string =>
    text
      .replaceAll('%', '%25')
      .replaceAll('\r', '%0D')
      .replaceAll('\n', '%0A')
      .replaceAll(':', '%3A')
      .replaceAll(',', '%2C');
  const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const text = data(one.hint ? `${shown(one.message)}\n${shown(one.hint)}` : shown(one.message));
  if (!one.span) return `::${one.severity}::${text}\n`;
  const start = positionAt(one.span.file, one.span.start);
  const end = positionAt(one.span.file, one.span.end);
  return `::${one.severity} file=${property(one.span.file.path)},line=${start.line},col=${start.column},endLine=${end.line},endColumn=${end.column}::${text}\n`;
}
