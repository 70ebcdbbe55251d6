import { columns } from '../../sdk/columns.ts';
import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { formatLocation, lineText, positionAt, type Span } from '../../sdk/source.ts';
import { MASK, maskRanges, type Range } from '../../template/variables/secrets.ts';
import type { Style } from './style.ts';

/** Widest excerpt line shown; longer ones are cut around the place. */
const WIDEST = 160;

/** Longest message or hint shown, and longest name of a component; a value in it can be a whole file. */
const LONGEST = 500;
const LONGEST_COMPONENT = 80;

/** How far from the place a line is looked at: lines can be whole files. */
const FAR = 64 * 1024;

/** Finds what must not be shown in a line: ranges in order, without overlaps. */
export type FindSecrets = (text: string) => readonly Range[];

/**
 * A text from a template as a terminal may show it: no control characters, none that turn the direction of what follows,
 * the middle of very long ones left out.
 */
function shown(text: string, longest = LONGEST): string {
  const clean = text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\uFFFD');
  if (clean.length <= longest) return clean;
  const end = Math.floor(longest / 5);
  return `${clean.slice(0, longest - end - 5)} ... ${clean.slice(-end)}`;
}

/** A finding as people read it: cause, place, the very text with a caret, what to do. */
export function formatDiagnostic(one: Diagnostic, style: Style, secrets: FindSecrets = () => []): string {
  const head = one.severity === 'error' ? style.error('error:') : style.warning('warning:');
  const lines = [`${head} ${style.bold(shown(one.message))}`];
  if (one.span) lines.push(...excerpt(one.span, one.component, style, secrets));
  else if (one.component) lines.push(`  ${style.dim('in')} ${shown(one.component, LONGEST_COMPONENT)}`);
  for (const note of one.notes ?? [])
    lines.push(`  ${style.dim('note:')} ${shown(note.message)}${note.span ? ` (${formatLocation(note.span)})` : ''}`);
  if (one.hint) lines.push(`  ${style.dim('help:')} ${shown(one.hint)}`);
  return `${lines.join('\n')}\n`;
}

function excerpt(span: Span, component: string | undefined, style: Style, secrets: FindSecrets): string[] {
  const { line, column } = positionAt(span.file, span.start);
  const { text, start, end } = visiblePart(lineText(span.file, line), column - 1, span.end - span.start, secrets);
  // Tabs keep their width in the caret line, so that it stands under the right character on every terminal.
  const indent = text
    .slice(0, start)
    .split('\t')
    .map(part => ' '.repeat(columns(shown(part))))
    .join('\t');
  const carets = '^'.repeat(Math.max(1, columns(shown(text.slice(start, end)))));
  const gutter = String(line);
  const margin = ' '.repeat(gutter.length);
  const about = component ? style.dim(` (${shown(component, LONGEST_COMPONENT)})`) : '';
  return [
    `${margin}${style.dim('-->')} ${formatLocation(span)}${about}`,
    `${margin} ${style.dim('|')}`,
    `${style.dim(`${gutter} |`)} ${shown(text)}`,
    `${margin} ${style.dim('|')} ${indent}${style.error(carets)}`,
  ];
}

interface Part {
  readonly text: string;
  /** The place in it. */
  readonly start: number;
  readonly end: number;
}

/** What is shown of a line: secrets first taken out as a whole, then cut around the place. */
function visiblePart(full: string, at: number, length: number, secrets: FindSecrets): Part {
  const first = Math.max(0, at - FAR);
  const near = full.slice(first, at + FAR);
  const ranges = secrets(near);
  const text = maskRanges(near, ranges);
  const from = afterMasking(at - first, ranges, 'start');
  const to = Math.max(from, afterMasking(Math.min(at - first + length, near.length), ranges, 'end'));
  const cut = text.length > WIDEST ? Math.max(0, from - WIDEST / 2) : 0;
  const visible = text.slice(cut, cut + WIDEST);
  return { text: visible, start: from - cut, end: Math.min(to - cut, visible.length) };
}

/** Where an offset is once the ranges are masked; inside of one, it goes to that edge of the mask. */
function afterMasking(offset: number, ranges: readonly Range[], edge: 'start' | 'end'): number {
  let shift = 0;
  for (const [start, end] of ranges) {
    if (offset <= start) break;
    if (offset < end) return start + shift + (edge === 'end' ? MASK.length : 0);
    shift += MASK.length - (end - start);
  }
  return offset + shift;
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
