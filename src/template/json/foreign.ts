import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { SourceFile } from '../../sdk/source.ts';

interface Foreign {
  readonly begins: RegExp;
  readonly message: string;
  readonly hint: string;
}

/** Other languages that turn up in the place of JSON, by how a file in them begins. */
const FOREIGN: readonly Foreign[] = [
  {
    begins: /^(?:source|data|build|variable|packer|locals?)\b[ \t]*(?:"[^"\n]*"[ \t]*)*\{/,
    message: 'this is HCL2, not JSON',
    hint: 'give the file a name that ends in .pkr.hcl',
  },
  {
    begins: /^[A-Za-z_][\w-]*[ \t]*=/,
    message: 'this looks like HCL2 variables (.pkrvars.hcl), not JSON',
    hint: 'a JSON template takes variable files such as {"name": "value"}',
  },
  {
    begins: /^(?:---|%YAML)(?:\s|$)/,
    message: 'this looks like YAML, not JSON',
    hint: 'convert it to JSON first',
  },
  {
    begins: /^(?:[A-Za-z_][\w-]*):(?:\s|$)/,
    message: 'this looks like YAML, not JSON',
    hint: 'in JSON names stand in double quotes and the whole document in { }',
  },
  {
    begins: /^<(?:!doctype|html|head|body|\?xml)/i,
    message: 'this is a web page or XML, not JSON',
    hint: 'if it was downloaded, fetch the raw file instead of the page that shows it',
  },
];

/** Tells of a text that is no JSON from its first word on, where a list of syntax errors would only confuse. */
export function foreignText(file: SourceFile): Diagnostic | undefined {
  const { text } = file;
  const start = firstWord(text);
  if (start === text.length) {
    return errorAt({ file, start: 0, end: 0 }, 'empty-file', 'the file is empty', {
      hint: 'a template is a JSON object with at least "builders": [ ... ]; a variable file may be {}',
    });
  }
  if (!/[A-Za-z_<%-]/.test(text.charAt(start))) return undefined;
  const head = text.slice(start, start + 400);
  const found = FOREIGN.find(one => one.begins.test(head));
  if (!found) return undefined;
  const end = start + (/^\S+/.exec(head)?.[0].length ?? 1);
  return errorAt({ file, start, end }, 'not-json', found.message, { hint: found.hint });
}

/** The offset of the first character that is neither white space nor in a comment line. */
function firstWord(text: string): number {
  const skip = /\ufeff?(?:\s+|#[^\n]*|\/\/[^\n]*)*/y;
  skip.exec(text);
  // A text of comments only is not empty.
  return skip.lastIndex === text.length && text.trim() !== '' ? text.search(/\S/) : skip.lastIndex;
}
