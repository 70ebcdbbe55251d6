import { quoted, shown } from './quote.ts';

/** What is wrong with something that stands where a value belongs, and what to write instead. */
export interface Trouble {
  readonly message: string;
  readonly hint: string;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Why a run of characters that begins like a number is no JSON number; undefined when it is one. */
export function numberTrouble(text: string): Trouble | undefined {
  if (NUMBER.test(text)) {
    return Number.isFinite(Number(text))
      ? undefined
      : { message: `the number ${shown(text)} is too large`, hint: 'write it as a string in double quotes' };
  }
  if (text.length > 60)
    return { message: `${shown(text)} is not a JSON number`, hint: 'if it is text, put it in double quotes' };
  const unsigned = text.replace(/^[+-]/, '');
  if (/^\+/.test(text) && NUMBER.test(unsigned))
    return { message: `a JSON number has no plus sign: ${text}`, hint: `write ${unsigned}` };
  if (/^[+-]?(?:Infinity|NaN)$/.test(text)) return wordTrouble(unsigned);
  if (/^0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)$/.test(unsigned)) {
    return {
      message: `JSON numbers are decimal: ${text} is not one`,
      hint: `write ${text.startsWith('-') ? '-' : ''}${Number(unsigned)}`,
    };
  }
  if (/^0\d+$/.test(unsigned)) {
    return {
      message: `a JSON number has no leading zeros: ${text}`,
      hint: `write ${text.replace(/0+(?=\d)/, '')}, or "${text}" as a string, e.g. for a file mode`,
    };
  }
  if (/^\.\d+$/.test(unsigned))
    return { message: `a digit is missing before the point of ${text}`, hint: `write ${text.replace('.', '0.')}` };
  if (/^\d+\.$/.test(unsigned))
    return { message: `a digit is missing after the point of ${text}`, hint: `write ${text}0` };
  if (/^\d+(?:\.\d+)?[eE][+-]?$/.test(unsigned))
    return { message: `the exponent of ${text} has no digits`, hint: 'write the exponent, or leave out the e' };
  if (/^[\d_,]+$/.test(unsigned) && unsigned.includes('_'))
    return { message: `a JSON number has no separators: ${text}`, hint: `write ${text.replaceAll('_', '')}` };
  return { message: `${text} is not a JSON number`, hint: `if it is text, put it in double quotes: "${text}"` };
}

const OTHER_SPELLINGS: Readonly<Record<string, string>> = {
  True: 'true',
  TRUE: 'true',
  False: 'false',
  FALSE: 'false',
  None: 'null',
  Null: 'null',
  NULL: 'null',
  nil: 'null',
  undefined: 'null',
};

/** Why a bare word is no value, and what was probably meant. */
export function wordTrouble(word: string): Trouble {
  const spelling = Object.hasOwn(OTHER_SPELLINGS, word) ? OTHER_SPELLINGS[word] : undefined;
  if (spelling) return { message: `${word} is not JSON`, hint: `write ${spelling}` };
  if (word === 'NaN' || word === 'Infinity')
    return { message: `JSON has no ${word}`, hint: 'write a number, or leave the member out' };
  if (/^(?:var|local|data|source|build|path)\./.test(word)) {
    return {
      message: `${shown(word)} is an HCL2 reference, which a JSON template does not have`,
      hint: 'in a JSON template a variable is used as "{{user `name`}}"',
    };
  }
  return { message: `text needs double quotes: ${shown(word)}`, hint: `write ${quoted(word)}` };
}

/** The value that a misspelt word stands for, so that reading can go on. */
export function meantBy(word: string): boolean | null | undefined {
  switch (Object.hasOwn(OTHER_SPELLINGS, word) ? OTHER_SPELLINGS[word] : undefined) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    default:
      return undefined;
  }
}
