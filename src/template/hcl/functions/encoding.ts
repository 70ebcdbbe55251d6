import { parseJson } from '../../json/parse.ts';
import { fromNode, toJson } from '../values/json.ts';
import { DYNAMIC, objectOf, STRING } from '../values/types.ts';
import { list, object, string, type Value } from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { parseCsv } from './csv.ts';
import { any, define, text, textAt } from './define.ts';
import { decodeText, encodeText } from './text-encodings.ts';

function strictBase64(given: string, argument: number): Buffer {
  const clean = given.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean)) {
    throw new FunctionError('the text is not valid base64', argument);
  }
  return Buffer.from(clean, 'base64');
}

/** UTF-8 text, or an error: HCL's strings cannot hold other bytes. */
export function utf8(bytes: Uint8Array, argument: number | undefined, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FunctionError(`${what} is not UTF-8 text`, argument);
  }
}

function gzip(given: string): Value {
  const compressed = process.getBuiltinModule('node:zlib').gzipSync(given);
  // The system byte of the header says "unknown", as everywhere else.
  compressed[9] = 255;
  return string(compressed.toString('base64'));
}

function csv(args: readonly Value[]): Value {
  const [header, ...rows] = parseCsv(textAt(args, 0));
  if (!header) throw new FunctionError('the text is empty: a first row with the column names is missing', 0);
  if (new Set(header).size !== header.length) throw new FunctionError('two columns have the same name', 0);
  rows.forEach((row, index) => {
    if (row.length !== header.length)
      throw new FunctionError(`row ${index + 2} has ${row.length} fields, the first row ${header.length}`, 0);
  });
  const type = objectOf(header.map(name => [name, STRING]));
  return list(
    type,
    rows.map(row => object(header.map((name, index) => [name, string(row[index] ?? '')]))),
  );
}

function decodeJson(args: readonly Value[]): Value {
  const { root, diagnostics } = parseJson({ path: 'jsondecode', text: textAt(args, 0) });
  const [problem] = diagnostics;
  if (!root || problem) throw new FunctionError(`the text is not valid JSON: ${problem?.message ?? 'it is empty'}`, 0);
  return fromNode(root);
}

function encodeQuery(given: string): string {
  return encodeURIComponent(Buffer.from(given).toString())
    .replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

export const encodingFunctions: Readonly<Record<string, HclFunction>> = {
  base64decode: define([text('str')], STRING, args =>
    string(utf8(strictBase64(textAt(args, 0), 0), 0, 'the decoded text')),
  ),
  base64encode: define([text('str')], STRING, args => string(Buffer.from(textAt(args, 0)).toString('base64'))),
  base64gzip: define([text('str')], STRING, args => gzip(textAt(args, 0))),
  csvdecode: define([text('str')], DYNAMIC, csv),
  jsondecode: define([text('str')], DYNAMIC, decodeJson),
  jsonencode: define([any('value', { nullable: true })], STRING, args => string(args[0] ? toJson(args[0]) : 'null')),
  textdecodebase64: define([text('source'), text('encoding')], STRING, args =>
    string(decodeText(strictBase64(textAt(args, 0), 0), textAt(args, 1))),
  ),
  textencodebase64: define([text('string'), text('encoding')], STRING, args =>
    string(encodeText(textAt(args, 0), textAt(args, 1)).toString('base64')),
  ),
  urlencode: define([text('str')], STRING, args => string(encodeQuery(textAt(args, 0)))),
};
