import type { ConfigNode } from '../../sdk/node.ts';
import type { OpenBracket } from './brackets.ts';
import { type Complaints, GiveUp } from './complaints.ts';
import { quoted, shown } from './quote.ts';
import type { Scanner } from './scan.ts';

/** Says what is wrong with how the tokens follow each other. Each method looks at the current token and tells; the parser reads on. */
export class StructureTroubles {
  private readonly complaints: Complaints;
  private readonly scanner: Scanner;
  private readonly open: readonly OpenBracket[];

  constructor(complaints: Complaints, scanner: Scanner, open: readonly OpenBracket[]) {
    this.complaints = complaints;
    this.scanner = scanner;
    this.open = open;
  }

  junk(): void {
    const { start, end, value } = this.scanner;
    this.complaints.addAndSkipLine(start, end, 'unexpected-character', `${shown(value)} has no place in JSON`, {
      hint: 'delete it; text belongs in double quotes',
    });
  }

  missingCommaAfterMember(key: string): void {
    const next =
      this.scanner.kind === 'string' || this.scanner.kind === 'word' ? `${quoted(this.scanner.value)}` : 'what follows';
    this.missingComma(`between ${quoted(key)} and ${next}`);
  }

  missingCommaAfterItem(count: number, label: string): void {
    this.missingComma(`between items ${count} and ${count + 1} of ${label}`);
  }

  private missingComma(where: string): void {
    const { before, start, end, kind } = this.scanner;
    const next =
      kind === 'end' ? [] : [{ message: 'the next one begins here', span: this.complaints.span(start, end) }];
    this.complaints.add(before, before, 'missing-comma', `a comma is missing ${where}`, {
      hint: 'write a comma here',
      notes: next,
    });
  }

  /** Something other than a comma follows a value. True: it is to be skipped. */
  insteadOfComma(): boolean {
    const { kind, start, end, before, value } = this.scanner;
    if (kind === ':') {
      this.complaints.addAndSkipLine(start, end, 'unexpected-colon', 'a colon follows a value', {
        hint: 'a member is written "name": value, with a comma before the next one',
      });
      return true;
    }
    if (kind === 'junk' && value === ';') {
      this.complaints.add(start, end, 'missing-comma', 'a semicolon stands where a comma belongs', { hint: 'write ,' });
      return true;
    }
    if (kind === 'junk') {
      this.junk();
      return true;
    }
    const touching = start === before && this.complaints.file.text[before - 1] === '"';
    if (touching && (kind === 'word' || kind === 'number' || kind === 'string')) {
      this.complaints.addAndSkipLine(
        before - 1,
        before,
        'unescaped-quote',
        'the string ends at this quote, but text follows it',
        {
          hint: 'a quote inside a string is written \\"',
        },
      );
    }
    return false;
  }

  trailingComma(at: number, key: string | undefined): void {
    const last = key === undefined ? 'the last item' : `the last member, ${quoted(key)}`;
    this.complaints.add(at, at + 1, 'trailing-comma', `a comma follows ${last}, and nothing after it`, {
      hint: `delete the comma before the closing ${this.scanner.kind === '}' ? '}' : ']'}`,
    });
  }

  extraComma(first: boolean): void {
    const { start, end } = this.scanner;
    const message = first ? 'a comma stands before the first element' : 'two commas follow each other';
    this.complaints.add(start, end, 'extra-comma', message, { hint: 'delete this comma' });
  }

  missingName(): void {
    const { start, end } = this.scanner;
    this.complaints.addAndSkipLine(start, end, 'missing-name', 'this member of an object has no name', {
      hint: 'write "name": before it',
    });
  }

  unquotedName(): void {
    const { start, end, kind } = this.scanner;
    const name = this.complaints.file.text.slice(start, end);
    const what = kind === 'word' ? 'stands without quotes' : 'is no string';
    this.complaints.add(start, end, 'unquoted-name', `the member name ${shown(name)} ${what}`, {
      hint: `write ${quoted(name)}`,
    });
  }

  /** The name `label` is not followed by a colon. True: a value follows nevertheless. */
  missingColon(label: string, quoted: boolean): boolean {
    const { scanner, complaints } = this;
    const { kind, start, end, before, value } = scanner;
    if (kind === 'end') return false;
    if (kind === 'junk' && (value === '=' || value === '=>')) {
      complaints.add(start, end, 'missing-colon', `${value} stands where a colon belongs, after ${label}`, {
        hint: 'write :',
      });
      scanner.advance();
      return true;
    }
    const sameLine = !complaints.file.text.slice(before, start).includes('\n');
    const valueFollows = kind !== ',' && kind !== '}' && kind !== ']' && kind !== 'junk';
    if (valueFollows && (sameLine || kind === '{' || kind === '[')) {
      if (start === before && quoted) {
        complaints.addAndSkipLine(
          before - 1,
          before,
          'unescaped-quote',
          `the name ${label} ends at this quote, but text follows it`,
          {
            hint: 'a quote inside a string is written \\"',
          },
        );
        return true;
      }
      complaints.add(before, before, 'missing-colon', `a colon is missing after ${label}`, { hint: 'write : here' });
      return true;
    }
    this.noValue(label);
    return false;
  }

  /** Nothing that could be the value of `label` follows. At the end of the text that is told by `wrongEnd`, unless it is the document itself. */
  noValue(label: string): void {
    const { kind, before, start, end } = this.scanner;
    if (kind === 'end' && this.open.length > 0) return;
    if (label === 'the document') {
      this.complaints.addAndSkipLine(start, end, 'no-document', 'a JSON document begins with {', {
        hint: kind === 'end' ? 'the file holds nothing but comments' : 'delete what stands before it',
      });
      return;
    }
    this.complaints.add(before, before, 'missing-value', `${label} has no value`, {
      hint: 'every member of an object is written "name": value; a list of values stands in [ ]',
    });
  }

  nameInArray(item: ConfigNode | undefined): void {
    const { start, end } = this.scanner;
    this.complaints.addAndSkipLine(start, end, 'unexpected-colon', 'a list cannot hold "name": value', {
      hint: 'named members stand in an object: write { } instead of [ ], or around them',
      notes: item ? [{ message: 'this is the name', span: item.span }] : [],
    });
  }

  tooDeep(limit: number): never {
    const { start, end } = this.scanner;
    this.complaints.add(start, end, 'too-deep', `the document is nested deeper than ${limit} levels`, {
      hint: 'no template needs that; was the file generated by mistake?',
    });
    throw new GiveUp();
  }

  tooMany(limit: number): never {
    const { start, end } = this.scanner;
    this.complaints.add(start, end, 'too-large', `the document holds more than ${limit} values`, {
      hint: 'no template needs that; is this the right file?',
    });
    throw new GiveUp();
  }
}
