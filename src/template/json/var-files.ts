import { type Diagnostic, errorAt, warningAt } from '../../sdk/diagnostics.ts';
import { describeKind, type StringNode } from '../../sdk/node.ts';
import { findDuplicateKeys } from './duplicates.ts';
import { Fields } from './fields.ts';
import { parseJson } from './parse.ts';
import { quoted } from './quote.ts';
import { readSource } from './read.ts';

/** A value given from outside, with its place. */
export interface GivenValue {
  readonly name: string;
  readonly value: StringNode;
}

interface GivenValues {
  readonly values: readonly GivenValue[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The values of a variable file for JSON templates: an object of strings, where null counts as an empty one. */
export async function readVarFile(path: string, cwd: string, stdin?: () => Promise<Buffer>): Promise<GivenValues> {
  const what = 'the variable file';
  const { source, diagnostics } = await readSource(path, { cwd, what, stdin });
  if (!source) return { values: [], diagnostics };
  if (/\.hcl$/.test(path)) {
    const message = `${quoted(path)} is an HCL2 variable file, and the template is JSON`;
    const hint = 'write the values as {"name": "value"} in a .json file';
    return { values: [], diagnostics: [errorAt({ file: source, start: 0, end: 0 }, 'hcl-only', message, { hint })] };
  }
  const { root, diagnostics: syntax } = parseJson(source);
  if (!root || syntax.length > 0) return { values: [], diagnostics: syntax };
  if (root.kind !== 'object') {
    const message = `a variable file must be an object, not ${describeKind(root)}`;
    const hint = 'write {"name": "value", ...}';
    return { values: [], diagnostics: [errorAt(root.span, 'wrong-type', message, { hint })] };
  }
  const found: Diagnostic[] = findDuplicateKeys(root).map(({ span, code, message, notes = [] }) =>
    warningAt(span, code, `${message}: the last one counts`, { notes }),
  );
  const fields = new Fields(found);
  const values = root.members.map(({ key, value }): GivenValue => {
    const text = fields.string(value, `the value of ${quoted(key)}`);
    return { name: key, value: text ?? { kind: 'string', span: value.span, value: '' } };
  });
  return { values, diagnostics: found };
}

/** A `-var name=value` as a value with a place of its own. */
export function commandLineValue(name: string, value: string): GivenValue {
  const file = { path: `<-var ${name}>`, text: value };
  return { name, value: { kind: 'string', span: { file, start: 0, end: value.length }, value } };
}
