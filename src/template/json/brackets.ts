/** A bracket that was opened and not yet closed while reading. */
export interface OpenBracket {
  readonly bracket: '{' | '[';
  /** What it holds, for messages: `"builders"`, `item 2 of "builders"`, `the document`. */
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

interface Pair {
  readonly open: number;
  readonly close: number;
}

interface BracketSurvey {
  /** More `{` than `}` is positive. */
  readonly braces: number;
  readonly brackets: number;
  /** The first pair whose closing bracket, first in its line, is indented unlike the line of its opening one. */
  readonly suspect: Pair | undefined;
}

/** The share of oddly indented brackets above which the indentation of a file says nothing. */
const TRUSTED_SHARE = 0.2;

/** Looks over the brackets of a broken text for where one is missing or wrong; by the indentation, as a reader would. */
export function surveyBrackets(text: string): BracketSurvey {
  const open: { readonly at: number; readonly char: string; readonly indent: string }[] = [];
  const odd: Pair[] = [];
  const counts = { braces: 0, brackets: 0 };
  let compared = 0;
  for (const { at, char } of bracketsOf(text)) {
    const opening = char === '{' || char === '[';
    counts[char === '{' || char === '}' ? 'braces' : 'brackets'] += opening ? 1 : -1;
    if (opening) {
      open.push({ at, char, indent: indentOf(text, at) });
      continue;
    }
    const opener = open.pop();
    if (!opener || text.slice(opener.at, at).indexOf('\n') < 0 || !startsLine(text, at)) continue;
    compared++;
    if (opener.indent !== indentOf(text, at)) odd.push({ open: opener.at, close: at });
  }
  const trusted = odd.length <= Math.max(1, compared * TRUSTED_SHARE);
  return { ...counts, suspect: trusted ? odd[0] : undefined };
}

function* bracketsOf(text: string): Generator<{ readonly at: number; readonly char: string }> {
  const interesting = /[{}[\]"]/g;
  for (let found = interesting.exec(text); found; found = interesting.exec(text)) {
    if (found[0] !== '"') {
      yield { at: found.index, char: found[0] };
      continue;
    }
    // A string that is not closed ends with its line.
    const rest = /(?:[^"\\\n]|\\.)*"?/y;
    rest.lastIndex = found.index + 1;
    rest.exec(text);
    interesting.lastIndex = Math.max(rest.lastIndex, found.index + 1);
  }
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function indentOf(text: string, at: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, at), at))?.[0] ?? '';
}

function startsLine(text: string, at: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, at), at));
}
