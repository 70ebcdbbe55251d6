import { type Diagnostic, errorAt, warningAt } from '../../sdk/diagnostics.ts';
import { type ConfigNode, describeKind, type StringNode } from '../../sdk/node.ts';
import { findDuplicateKeys } from './duplicates.ts';
import { Fields } from './fields.ts';
import { parseJson } from './parse.ts';
import { quoted } from './quote.ts';
import { readSource } from './read.ts';

/** A value given from outside, with its place. */
export interface GivenValue<Node extends ConfigNode = ConfigNode> {
  readonly name: string;
  readonly value: Node;
}

interface GivenValues {
  readonly values: readonly GivenValue<StringNode>[];
  /** All members that could be read, of whatever type, also of a file with errors. */
  readonly written: readonly GivenValue[];
  /** The whole text of a file that is no proper text, or has syntax errors. */
  readonly broken?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** The values of a variable file for JSON templates: an object of strings, where null counts as an empty one. */
export async function readVarFile(path: string, cwd: string, stdin?: () => Promise<Buffer>): Promise<GivenValues> {
  const what = 'the variable file';
  const { source, diagnostics } = await readSource(path, { cwd, what, stdin });
  if (!source) {
    const broken = diagnostics[0]?.span?.file.text;
    return { values: [], written: [], ...(broken !== undefined && { broken }), diagnostics };
  }
  if (/\.hcl$/.test(path)) {
    const message = `${quoted(path)} is an HCL2 variable file, and the template is JSON`;
    const hint = 'write the values as {"name": "value"} in a .json file';
    // No place: an excerpt would show the first value, and whether it is sensitive is not known.
    return { values: [], written: [], diagnostics: [errorAt(undefined, 'hcl-only', message, { hint })] };
  }
  const { root, diagnostics: syntax } = parseJson(source);
  const written = root?.kind === 'object' ? root.members.map(({ key, value }) => ({ name: key, value })) : [];
  if (!root || syntax.length > 0) return { values: [], written, broken: source.text, diagnostics: syntax };
  if (root.kind !== 'object') {
    const message = `a variable file must be an object, not ${describeKind(root)}`;
    const hint = 'write {"name": "value", ...}';
    return { values: [], written, diagnostics: [errorAt(root.span, 'wrong-type', message, { hint })] };
  }
  const found: Diagnostic[] = findDuplicateKeys(root).map(({ span, code, message, notes = [] }) =>
    warningAt(span, code, `${message}: the last one counts`, { notes }),
  );
  const fields = new Fields(found);
  const values = root.members.map(({ key, value }): GivenValue<StringNode> => {
    const text = fields.string(value, `the value of ${quoted(key)}`);
    return { name: key, value: text ?? { kind: 'string', span: value.span, value: '' } };
  });
  return { values, written, diagnostics: found };
}

/** A `-var name=value` as a value with a place of its own. */
export function commandLineValue(name: string, value: string): GivenValue<StringNode> {
  const file = { path: `<-var ${name}>`, text: value };
  return { name, value: { kind: 'string', span: { file, start: 0, end: value.length }, value } };
}
