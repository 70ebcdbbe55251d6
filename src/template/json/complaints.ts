import { type Diagnostic, type DiagnosticNote, errorAt } from '../../sdk/diagnostics.ts';
import type { SourceFile, Span } from '../../sdk/source.ts';

/** After this many syntax errors the rest is not worth reading. */
const MOST = 20;

/** Comments of one file are told once, with this many further places. */
const MOST_COMMENT_NOTES = 5;

/** Thrown to leave the parser at once: nothing sensible can follow. Never leaves this folder. */
export class GiveUp extends Error {}

interface Extra {
  readonly hint?: string;
  readonly notes?: readonly DiagnosticNote[];
}

/** Gathers what is wrong with one text, without burying the cause under its consequences. */
export class Complaints {
  readonly file: SourceFile;
  private readonly found: Diagnostic[] = [];
  private readonly comments: Span[] = [];
  private quietUntil = 0;

  constructor(file: SourceFile) {
    this.file = file;
  }

  span(start: number, end: number): Span {
    return { file: this.file, start, end };
  }

  /** Adds an error, unless the text before it was already misunderstood up to here. */
  add(start: number, end: number, code: string, message: string, extra: Extra = {}): void {
    if (start < this.quietUntil) return;
    this.found.push(errorAt(this.span(start, end), code, message, extra));
    if (this.found.length >= MOST) throw new GiveUp();
  }

  /** The same, where what follows on this line would only be told wrongly: nothing more is said of it. */
  addAndSkipLine(start: number, end: number, code: string, message: string, extra: Extra = {}): void {
    if (start < this.quietUntil) return;
    this.add(start, end, code, message, extra);
    const lineEnd = this.file.text.indexOf('\n', end);
    this.quietUntil = lineEnd < 0 ? this.file.text.length + 1 : lineEnd;
  }

  comment(start: number, end: number): void {
    this.comments.push(this.span(start, end));
  }

  get any(): boolean {
    return this.found.length > 0 || this.comments.length > 0;
  }

  /** All of them in the order of the text. */
  list(): Diagnostic[] {
    const all = this.comments.length > 0 ? [...this.found, this.commentDiagnostic()] : [...this.found];
    return all.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  }

  private commentDiagnostic(): Diagnostic {
    const [first, ...others] = this.comments;
    const notes: DiagnosticNote[] = others
      .slice(0, MOST_COMMENT_NOTES)
      .map(span => ({ message: 'another comment', span }));
    const more = others.length - MOST_COMMENT_NOTES;
    if (more > 0) notes.push({ message: `and ${more} more` });
    return errorAt(first, 'json-comment', 'JSON has no comments', {
      hint: 'remove it, or say it in a root member whose name begins with "_": "_comment": "..."',
      notes,
    });
  }
}
