import type { Cursor } from './cursor.ts';
import type { Token } from './tokens.ts';

/** A token as a user would name it. */
export function describeToken(cursor: Cursor, token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the file';
    case 'newline':
      return 'the end of the line';
    case 'open-quote':
    case 'quoted-text':
      return 'a string';
    case 'close-quote':
    case 'missing-quote':
      return 'the end of the string';
    case 'open-heredoc':
      return 'a heredoc';
    case 'close-heredoc':
    case 'missing-heredoc-end':
      return 'the end of the heredoc';
    case 'template-end':
      return `"${cursor.text(token)}"`;
    default: {
      const text = cursor.text(token);
      return `"${text.length > 30 ? `${text.slice(0, 30)}...` : text}"`;
    }
  }
}

/** Whether an expression can begin with this token. */
export function startsExpression(token: Token): boolean {
  switch (token.kind) {
    case 'identifier':
    case 'number':
    case 'open-quote':
    case 'open-heredoc':
    case 'wrong-quotes':
    case '(':
    case '[':
    case '{':
    case '!':
      return true;
    default:
      return false;
  }
}

/** Explains the signs of other languages, and characters that look like ones of HCL. */
export function failOnStrangeToken(cursor: Cursor, token: Token): void {
  const span = cursor.spanOf(token);
  const text = cursor.text(token);
  failOnConflict(cursor, token);
  if (token.kind === 'invalid') {
    if (text.startsWith('/*')) {
      cursor.fail(cursor.span(token.start, token.start + 2), 'unclosed-comment', 'the comment opened here never ends', {
        hint: 'close it with "*/"',
      });
    }
    const code = text.codePointAt(0) ?? 0;
    if (/[\u201c\u201d\u201e\u2018\u2019]/.test(text)) {
      cursor.fail(span, 'curly-quotes', 'typographic quotation marks do not delimit strings', {
        hint: 'write straight ones: "..."',
      });
    }
    const named = code < 33 || code === 127 || /[\p{Z}\p{C}]/u.test(text);
    const shown = named ? `U+${code.toString(16).toUpperCase().padStart(4, '0')}` : `"${text}"`;
    cursor.fail(span, 'invalid-character', `the character ${shown} means nothing in HCL`, {
      hint: named ? 'delete it; it may not be visible in your editor' : 'put it in a string, or delete it',
    });
  }
  const instead = WRITE_INSTEAD[text];
  if (instead !== undefined)
    cursor.fail(span, 'invalid-operator', `"${text}" is not an operator of HCL`, { hint: instead });
}

const CONFLICT = /(?:<{7} |={7}$|>{7} |\|{7} ).*/my;

function failOnConflict(cursor: Cursor, { start }: Token): void {
  const { text } = cursor.file;
  if (start > 0 && text[start - 1] !== '\n') return;
  CONFLICT.lastIndex = start;
  const conflict = CONFLICT.exec(text)?.[0];
  if (conflict === undefined) return;
  cursor.fail(
    cursor.span(start, start + conflict.length),
    'merge-conflict',
    'a merge conflict was left unresolved here',
    {
      hint: 'keep one of the two versions and delete the lines with <<<<<<<, ======= and >>>>>>>',
    },
  );
}

const WRITE_INSTEAD: Readonly<Record<string, string>> = {
  '&': 'logical and is "&&"',
  '|': 'logical or is "||"',
  '^': 'use pow(a, b) for powers',
  '~': '"~" stands only inside "${~ ... ~}" and "%{~ ... ~}"',
  ';': 'start a new line instead',
};
