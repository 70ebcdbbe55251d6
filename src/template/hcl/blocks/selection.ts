import { type Diagnostic, errorAt, warningAt } from '../../../sdk/diagnostics.ts';
import { globToRegExp } from '../glob.ts';

/** `-only` or `-except`: names or globs. */
export class Selection {
  private readonly patterns: readonly { readonly text: string; readonly expression: RegExp | undefined }[];
  private readonly flag: string;
  private readonly matched = new Set<string>();

  constructor(flag: string, patterns: readonly string[]) {
    this.flag = flag;
    this.patterns = patterns.map(text => ({ text, expression: globToRegExp(text) }));
  }

  get empty(): boolean {
    return this.patterns.length === 0;
  }

  /** Whether a pattern fits the name; remembers which ones did. */
  matches(name: string): boolean {
    let found = false;
    for (const { text, expression } of this.patterns) {
      if (expression?.test(name)) {
        this.matched.add(text);
        found = true;
      }
    }
    return found;
  }

  /** Complaints about patterns that cannot be read or fit nothing. */
  leftOver(names: readonly string[]): Diagnostic[] {
    return this.patterns.flatMap(({ text, expression }) => {
      if (!expression)
        return [
          errorAt(undefined, 'invalid-pattern', `${this.flag}=${text}: the brackets of the pattern do not match`),
        ];
      if (this.matched.has(text)) return [];
      return [
        warningAt(undefined, 'unmatched-pattern', `${this.flag}=${text} fits no build`, {
          hint: names.length > 0 ? `the builds are ${names.join(', ')}` : 'the template has no builds',
        }),
      ];
    });
  }
}
