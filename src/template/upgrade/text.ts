import type { Command, Operand, ParsedTemplate, Pipeline } from '../interpolate/ast.ts';
import { engineFunctions } from '../interpolate/engine-functions.ts';
import { parseTemplate } from '../interpolate/parser.ts';
import { type Code, type Names, TRANSLATIONS } from './calls.ts';
import { escapeText, quoteText } from './literal.ts';

export interface Translated {
  /** An HCL string, with its quotes. */
  readonly code: string;
  /** Template functions that stay, with their places in the text. */
  readonly left: readonly { readonly name: string; readonly start: number; readonly end: number }[];
}

interface Replacement {
  readonly start: number;
  readonly end: number;
  /** Goes between the quotes of the HCL string as it is. */
  readonly code: string;
}

/** A text of a JSON template as an HCL string: what HCL2 has something for becomes `${...}`, the rest stays. */
export function translateText(text: string, names: Names): Translated {
  if (!text.includes('{{')) return { code: quoteText(text), left: [] };
  let parsed: ParsedTemplate;
  try {
    parsed = parseTemplate(text);
  } catch {
    // It has an error, which validate tells of; it has it in HCL2 as well.
    return { code: quoteText(text), left: [] };
  }
  const whole = wholeActions(parsed, names);
  const inside = (place: { start: number; end: number }, ranges: readonly Replacement[]): boolean =>
    ranges.some(({ start, end }) => place.start >= start && place.end <= end);
  const rest = callsInside(parsed, names, call => inside(call, whole));
  const replacements = [...whole, ...rest].sort((a, b) => a.start - b.start);
  let code = '';
  let from = 0;
  for (const one of replacements) {
    code += escapeText(text.slice(from, one.start), one.code.startsWith('${')) + one.code;
    from = one.end;
  }
  code += escapeText(text.slice(from));
  const left = parsed.functions.filter(
    word => Object.hasOwn(engineFunctions, word.name) && !inside(word, replacements),
  );
  return { code: `"${code}"`, left };
}

/** Actions of which all can be said in HCL. One that trims the text around it stays, as the trimming does. */
function wholeActions({ text, definitions }: ParsedTemplate, names: Names): Replacement[] {
  return (definitions.get('root') ?? []).flatMap(node => {
    if (node.kind !== 'action') return [];
    const source = text.slice(node.start, node.end);
    if (/^\{\{-/.test(source) || /-\}\}$/.test(source)) return [];
    const value = pipelineCode(node.pipeline, names);
    return value ? [{ start: node.start, end: node.end, code: `\${${value.code}}` }] : [];
  });
}

/** Calls inside of what stays: their values are written there as texts. */
function callsInside({ calls }: ParsedTemplate, names: Names, isDone: (call: Command) => boolean): Replacement[] {
  const found: Replacement[] = [];
  const outermostFirst = [...calls].sort((a, b) => a.start - b.start || b.end - a.end);
  for (const call of outermostFirst) {
    if (isDone(call) || found.some(({ start, end }) => call.start >= start && call.end <= end)) continue;
    const value = commandCode(call, undefined, names);
    if (value) found.push({ start: call.start, end: call.end, code: `\`\${${value.code}}\`` });
  }
  return found;
}

function pipelineCode(pipeline: Pipeline, names: Names): Code | undefined {
  if (pipeline.targets.length > 0) return undefined;
  let piped: Code | undefined;
  for (const command of pipeline.commands) {
    const value = commandCode(command, piped, names);
    if (!value) return undefined;
    piped = value;
  }
  return piped;
}

function commandCode({ head, args }: Command, piped: Code | undefined, names: Names): Code | undefined {
  if (head.kind !== 'function') return args.length === 0 && !piped ? operandCode(head, names) : undefined;
  const values = args.map(arg => operandCode(arg, names));
  const known = values.filter(value => value !== undefined);
  return known.length < values.length ? undefined : callCode(head.name, piped ? [...known, piped] : known, names);
}

function operandCode(operand: Operand, names: Names): Code | undefined {
  switch (operand.kind) {
    case 'string':
      return { code: quoteText(operand.value), text: operand.value };
    case 'number':
      return /^\d+$/.test(operand.text) ? { code: operand.text, isNumber: true } : undefined;
    case 'function':
      return callCode(operand.name, [], names);
    case 'pipeline':
      return pipelineCode(operand, names);
    default:
      return undefined;
  }
}

function callCode(name: string, args: readonly Code[], names: Names): Code | undefined {
  return Object.hasOwn(TRANSLATIONS, name) ? TRANSLATIONS[name]?.(args, names) : undefined;
}
