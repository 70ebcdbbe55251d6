/** A template function refused its arguments; the evaluator adds the place. */
export class CallFault extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'CallFault';
    this.hint = hint;
  }
}
