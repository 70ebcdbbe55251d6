/** A template function refused its arguments; the evaluator adds the place. */
export class CallFault extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'CallFault';
    this.hint = hint;
  }
}

/** A part of the text as messages show it: one line, not too long. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= 60 ? line : `${line.slice(0, 57)}...`;
}
