/** Where a text came from, and how an offset in it reads as line and column. */
export interface SourceFile {
  /** The path as the user gave it; `-` for standard input, `<-var NAME>` for a command line value. */
  readonly path: string;
  readonly text: string;
}

/** A half-open range of UTF-16 offsets in one source file. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** 1-based line and column; the column counts UTF-16 units, a tab is one. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const lineStartCache = new WeakMap<SourceFile, readonly number[]>();

function lineStarts(file: SourceFile): readonly number[] {
  const cached = lineStartCache.get(file);
  if (cached) return cached;
  const starts = [0];
  for (let at = file.text.indexOf('\n'); at >= 0; at = file.text.indexOf('\n', at + 1)) starts.push(at + 1);
  lineStartCache.set(file, starts);
  return starts;
}

/** The line and column of an offset; offsets past the end give the end. */
export function positionAt(file: SourceFile, offset: number): Position {
  const starts = lineStarts(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Math.min(offset, file.text.length) - (starts[low] ?? 0) + 1 };
}

/** The text of a 1-based line, without its line ending; empty when there is no such line. */
export function lineText(file: SourceFile, line: number): string {
  const starts = lineStarts(file);
  const start = starts[line - 1];
  if (start === undefined) return '';
  const next = starts[line];
  return file.text.slice(start, next === undefined ? undefined : next - 1).replace(/\r$/, '');
}

/** `file:line:column` of the start of a span. */
export function formatLocation(span: Span): string {
  const { line, column } = positionAt(span.file, span.start);
  return `${span.file.path}:${line}:${column}`;
}
