import type { DiagnosticNote } from '../../sdk/diagnostics.ts';
import type { ConfigNode } from '../../sdk/node.ts';
import { type OpenBracket, surveyBrackets } from './brackets.ts';
import { type Complaints, GiveUp } from './complaints.ts';
import type { Scanner } from './scan.ts';

/** At most so many open brackets are shown when a text ends too early. */
const MOST_OPEN_NOTES = 4;

/** Says what is wrong with how objects, lists and the document end. */
export class EndTroubles {
  private readonly complaints: Complaints;
  private readonly scanner: Scanner;
  private readonly open: readonly OpenBracket[];
  private endTold = false;

  constructor(complaints: Complaints, scanner: Scanner, open: readonly OpenBracket[]) {
    this.complaints = complaints;
    this.scanner = scanner;
    this.open = open;
  }

  /** The current bracket, or the end of the text, does not close the innermost open bracket. True: take it as if it did. */
  wrongEnd(wanted: '}' | ']'): boolean {
    const { complaints, scanner, open } = this;
    const innermost = open.at(-1);
    if (!innermost) return false;
    if (scanner.kind === 'end') {
      this.endsEarly();
      return false;
    }
    const given = scanner.kind;
    const notes = [this.openedHere(innermost)];
    const survey = surveyBrackets(complaints.file.text);
    const [missing, spare] = wanted === '}' ? [survey.braces, -survey.brackets] : [survey.brackets, -survey.braces];
    const closesOuter = open.some(one => (one.bracket === '{') === (given === '}'));
    const mistyped = !closesOuter || (missing > 0 && spare > 0);
    if (mistyped) {
      complaints.add(
        scanner.start,
        scanner.end,
        'wrong-bracket',
        `${given} stands where ${wanted} must close ${innermost.label}`,
        {
          hint: `write ${wanted}`,
          notes,
        },
      );
      return true;
    }
    complaints.add(
      scanner.before,
      scanner.before,
      'unclosed',
      `${wanted} is missing: ${innermost.label} is not closed before this ${given}`,
      {
        hint: `write ${wanted} here`,
        notes: [...notes, ...this.suspicion(survey.suspect)],
      },
    );
    return false;
  }

  private endsEarly(): void {
    if (this.endTold) return;
    this.endTold = true;
    const { open, complaints, scanner } = this;
    const inward = [...open].reverse();
    const closers = inward.map(one => (one.bracket === '{' ? '}' : ']')).join(' ');
    const shown = inward.slice(0, MOST_OPEN_NOTES);
    const count = open.length === 1 ? 'is' : 'are';
    const written = closers.length <= 40 ? closers : `${open.length} closing brackets`;
    const survey = surveyBrackets(complaints.file.text);
    complaints.add(
      scanner.before,
      scanner.before,
      'ends-early',
      `the file ends too early: ${written} ${count} missing`,
      {
        hint: `write ${written} at the end, or see whether the end of the file was lost`,
        notes: [...shown.map(one => this.openedHere(one)), ...this.suspicion(survey.suspect)],
      },
    );
  }

  private openedHere(one: OpenBracket): DiagnosticNote {
    return { message: `${one.label} is opened here`, span: this.complaints.span(one.start, one.end) };
  }

  private suspicion(pair: { readonly open: number; readonly close: number } | undefined): DiagnosticNote[] {
    if (!pair) return [];
    const { text } = this.complaints.file;
    return [
      {
        message: `this ${text[pair.close]} closes a bracket of a line that is indented differently: perhaps one is missing before it`,
        span: this.complaints.span(pair.close, pair.close + 1),
      },
      { message: 'the bracket that it closes', span: this.complaints.span(pair.open, pair.open + 1) },
    ];
  }

  /** Something follows the finished document: nothing after it is read. */
  afterDocument(root: ConfigNode): never {
    const { kind, start, end } = this.scanner;
    const { file } = root.span;
    const notes: DiagnosticNote[] = [
      { message: 'the document ends here', span: this.complaints.span(root.span.end - 1, root.span.end) },
    ];
    const goesOn = kind === ',' || kind === '}' || kind === ']' || kind === ':';
    const survey = surveyBrackets(file.text);
    this.complaints.add(start, end, 'after-document', 'the JSON document is over, but text follows it', {
      hint: goesOn
        ? 'a closing bracket further up is probably one too many'
        : 'one file holds one document: delete what follows, or move it inside',
      notes: goesOn ? [...notes, ...this.suspicion(survey.suspect)] : notes,
    });
    throw new GiveUp();
  }
}
