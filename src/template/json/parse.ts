import type { Diagnostic } from '../../sdk/diagnostics.ts';
import type { ConfigNode, MemberNode } from '../../sdk/node.ts';
import type { SourceFile } from '../../sdk/source.ts';
import type { OpenBracket } from './brackets.ts';
import { Complaints, GiveUp } from './complaints.ts';
import { EndTroubles } from './endings.ts';
import { foreignText } from './foreign.ts';
import { quoted } from './quote.ts';
import { Scanner } from './scan.ts';
import { StructureTroubles } from './structure.ts';
import { meantBy, wordTrouble } from './words.ts';

/** Deeper nesting is refused (Go, and so Packer, stops at 10,000; no template comes near either). */
const DEEPEST = 1000;

/** More values than this are refused: they would not fit in memory together with their places. */
const MOST_VALUES = 2_000_000;

export interface ParseResult {
  /** What could be made sense of; complete when there are no diagnostics. */
  readonly root?: ConfigNode;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads strict JSON (RFC 8259) into nodes that know their places. After an error it goes on with what was probably meant, so that one run tells of
 * several. The same key twice in an object is no syntax error: see `findDuplicateKeys`.
 */
export function parseJson(file: SourceFile): ParseResult {
  const foreign = foreignText(file);
  if (foreign) return { diagnostics: [foreign] };
  return new Parser(file).document();
}

class Parser {
  private readonly complaints: Complaints;
  private readonly scanner: Scanner;
  private readonly troubles: StructureTroubles;
  private readonly ends: EndTroubles;
  private readonly open: OpenBracket[] = [];
  private values = 0;

  constructor(file: SourceFile) {
    this.complaints = new Complaints(file);
    this.scanner = new Scanner(this.complaints);
    this.troubles = new StructureTroubles(this.complaints, this.scanner, this.open);
    this.ends = new EndTroubles(this.complaints, this.scanner, this.open);
  }

  document(): ParseResult {
    let root: ConfigNode | undefined;
    try {
      this.scanner.advance();
      root = this.value('the document');
      if (!root) this.troubles.noValue('the document');
      else if (this.scanner.kind !== 'end') this.ends.afterDocument(root);
    } catch (error) {
      if (!(error instanceof GiveUp)) throw error;
    }
    return { ...(root && { root }), diagnostics: this.complaints.list() };
  }

  /** The value that begins at the current token; undefined, with nothing read, when none does. */
  private value(label: string): ConfigNode | undefined {
    const { scanner } = this;
    while (scanner.kind === 'junk') {
      this.troubles.junk();
      scanner.advance();
    }
    const { kind, start, end, value: text } = scanner;
    if (kind === '}' || kind === ']' || kind === ',' || kind === ':' || kind === 'end') return undefined;
    if (++this.values > MOST_VALUES) this.troubles.tooMany(MOST_VALUES);
    if (kind === '{') return this.object(label);
    if (kind === '[') return this.array(label);
    scanner.advance();
    const span = this.complaints.span(start, end);
    switch (kind) {
      case 'string':
        return { kind: 'string', span, value: text };
      case 'number':
        return { kind: 'number', span, value: Number(text), text };
      case 'true':
      case 'false':
        return { kind: 'boolean', span, value: kind === 'true' };
      case 'null':
        return { kind: 'null', span };
      default:
        return this.word(text, start, end);
    }
  }

  /** A bare word in place of a value: told, then taken for what it stands for. */
  private word(text: string, start: number, end: number): ConfigNode {
    const span = this.complaints.span(start, end);
    const trouble = wordTrouble(text);
    this.complaints.addAndSkipLine(start, end, 'bare-word', trouble.message, { hint: trouble.hint });
    const value = meantBy(text);
    if (value === undefined) return { kind: 'string', span, value: text };
    return value === null ? { kind: 'null', span } : { kind: 'boolean', span, value };
  }

  private enter(bracket: '{' | '[', label: string): void {
    const { start, end } = this.scanner;
    if (this.open.length >= DEEPEST) this.troubles.tooDeep(DEEPEST);
    this.open.push({ bracket, label, start, end });
    this.scanner.advance();
  }

  private object(label: string): ConfigNode {
    const { scanner, troubles, ends } = this;
    const { start } = scanner;
    const members: MemberNode[] = [];
    this.enter('{', label);
    let comma = -1;
    for (;;) {
      if (scanner.kind === '}') {
        if (comma >= 0) troubles.trailingComma(comma, members.at(-1)?.key);
        scanner.advance();
        break;
      }
      if (scanner.kind === ']' || scanner.kind === 'end') {
        if (ends.wrongEnd('}')) scanner.advance();
        break;
      }
      if (scanner.kind === ',') {
        troubles.extraComma(members.length === 0);
        scanner.advance();
        continue;
      }
      const member = this.member();
      if (member) members.push(member);
      // After a member that could not be read a missing comma is not worth a word.
      comma = this.separator('}', () => member && troubles.missingCommaAfterMember(member.key));
    }
    this.open.pop();
    return { kind: 'object', span: this.complaints.span(start, scanner.before), members };
  }

  private member(): MemberNode | undefined {
    const { scanner, troubles } = this;
    const { kind, value: key, start, end } = scanner;
    if (kind === 'junk') {
      troubles.junk();
      scanner.advance();
      return undefined;
    }
    if (kind === '{' || kind === '[' || kind === ':') {
      troubles.missingName();
      if (kind === ':') scanner.advance();
      this.value('a member without a name');
      return undefined;
    }
    if (kind !== 'string') troubles.unquotedName();
    scanner.advance();
    const label = quoted(kind === 'string' ? key : this.complaints.file.text.slice(start, end));
    if (scanner.kind === ':') scanner.advance();
    else if (!troubles.missingColon(label, kind === 'string')) return undefined;
    const value = this.value(label);
    if (!value) {
      troubles.noValue(label);
      return undefined;
    }
    return { key, keySpan: this.complaints.span(start, end), value };
  }

  private array(label: string): ConfigNode {
    const { scanner, troubles, ends } = this;
    const { start } = scanner;
    const items: ConfigNode[] = [];
    this.enter('[', label);
    let comma = -1;
    for (;;) {
      if (scanner.kind === ']') {
        if (comma >= 0) troubles.trailingComma(comma, undefined);
        scanner.advance();
        break;
      }
      if (scanner.kind === '}' || scanner.kind === 'end') {
        if (ends.wrongEnd(']')) scanner.advance();
        break;
      }
      if (scanner.kind === ',') {
        troubles.extraComma(items.length === 0);
        scanner.advance();
        continue;
      }
      const item = this.value(`item ${items.length + 1} of ${label}`);
      if (item) items.push(item);
      else if (scanner.kind === ':') {
        troubles.nameInArray(items.at(-1));
        scanner.advance();
        continue;
      }
      comma = this.separator(']', () => troubles.missingCommaAfterItem(items.length, label));
    }
    this.open.pop();
    return { kind: 'array', span: this.complaints.span(start, scanner.before), items };
  }

  /** What stands between two elements: the offset of the comma, or -1 when there is none and the next element, or the end, follows. */
  private separator(close: '}' | ']', missing: () => unknown): number {
    const { scanner, troubles } = this;
    if (scanner.kind === ',') {
      const at = scanner.start;
      scanner.advance();
      return at;
    }
    if (scanner.kind === close || scanner.kind === 'end' || scanner.kind === '}' || scanner.kind === ']') return -1;
    if (scanner.kind === ':' && close === ']') return -1;
    if (troubles.insteadOfComma()) scanner.advance();
    else missing();
    return -1;
  }
}
