import { nearest } from '../../sdk/suggest.ts';
import { RenderError, type RenderScope } from '../model.ts';
import type { FunctionName, ParsedTemplate } from './ast.ts';
import { execute } from './execute.ts';
import { shorten } from './faults.ts';
import { type CallContext, findFunction, functionNames, needsAmazonBuilder } from './functions.ts';
import { unknownFunctionHint } from './near-misses.ts';
import { parseTemplate } from './parser.ts';
import { MapValue, type Value } from './values.ts';

/** Whether there is anything to render; most strings of a template have nothing. */
export function hasActions(text: string): boolean {
  return text.includes('{{');
}

/** Functions whose single argument is a name that users forget to quote. */
const NAMED = new Set(['user', 'env', 'build', 'consul_key']);

function explainUnknown(word: FunctionName, parsed: ParsedTemplate, scope: RenderScope): string | undefined {
  if (needsAmazonBuilder(word.name)) return `${word.name} is there only in builds of the amazon builders`;
  const caller = parsed.calls.find(call => call.args.includes(word))?.head;
  if (caller?.kind === 'function' && NAMED.has(caller.name))
    return `quote the name: {{ ${caller.name} \`${word.name}\` }}`;
  const known = unknownFunctionHint(word.name);
  if (known !== undefined) return known;
  const near = nearest(word.name, functionNames(scope));
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

/** Throws a RenderError for the first function that this scope does not have. */
export function assertFunctions(parsed: ParsedTemplate, scope: RenderScope): void {
  const unknown = parsed.functions.find(word => !findFunction(word.name, scope));
  if (!unknown) return;
  const message = `the function "${shorten(unknown.name)}" is not defined`;
  throw new RenderError(message, unknown.start, unknown.end, explainUnknown(unknown, parsed, scope));
}

/** What `{{ . }}` is in a scope. */
function dataOf({ data, phase }: RenderScope): Value {
  if (data === undefined) return undefined;
  // Packer lets this one pass to the run-time rendering, as its placeholder is itself such a text.
  if (phase === 'prepare' && Object.hasOwn(data, 'WinRMPassword'))
    return new MapValue({ ...data, WinRMPassword: '{{.WinRMPassword}}' });
  return new MapValue(data);
}

/** Executes a parsed text whose functions have been checked. */
export function renderParsed(parsed: ParsedTemplate, context: CallContext): string {
  try {
    return execute(parsed, dataOf(context.scope), context);
  } catch (error) {
    // Depth and sizes are bounded; this is for stacks that were deep already, or texts that JavaScript cannot hold.
    if (error instanceof RangeError)
      throw new RenderError('the template is too deeply nested or its text too long', 0, parsed.text.length);
    throw error;
  }
}

/** How much parsed text is kept. */
const CACHE_ENTRIES = 2000;
const CACHE_LONGEST = 16_384;

/** Parsed texts by text; starts anew when it is full. */
export class ParseCache {
  readonly #parsed = new Map<string, ParsedTemplate>();

  get(text: string): ParsedTemplate {
    const known = this.#parsed.get(text);
    if (known) return known;
    const parsed = parseTemplate(text);
    if (text.length <= CACHE_LONGEST) {
      if (this.#parsed.size >= CACHE_ENTRIES) this.#parsed.clear();
      this.#parsed.set(text, parsed);
    }
    return parsed;
  }
}
