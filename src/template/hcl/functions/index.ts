import { STRING } from '../values/types.ts';
import { string } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import type { FunctionTable, HclFunction } from './contract.ts';
import { define, text, textAt } from './define.ts';
import { encodingFunctions } from './encoding.ts';
import { fileFunctions } from './files.ts';
import { formatFunctions } from './format.ts';
import { hashFunctions } from './hashes.ts';
import { lazyFunctions } from './lazy.ts';
import { listFunctions } from './lists.ts';
import { lookupFunctions } from './lookups.ts';
import { mapFunctions } from './maps.ts';
import { networkFunctions } from './network.ts';
import { numericFunctions } from './numeric.ts';
import { patternFunctions } from './patterns.ts';
import { setFunctions } from './sets.ts';
import { templateFile } from './template-file.ts';
import { textFunctions } from './text.ts';
import { timeFunctions } from './time.ts';
import { yamlFunctions } from './yaml.ts';

export type { FunctionContext, Libraries } from './context.ts';
export { type FunctionTable, type HclFunction, NO_FUNCTIONS } from './contract.ts';
export { loadLibraries } from './libraries.ts';

function tableOf(functions: Readonly<Record<string, HclFunction>>): FunctionTable {
  return {
    get: name => (Object.hasOwn(functions, name) ? functions[name] : undefined),
    names: () => Object.keys(functions),
  };
}

/** All functions of the language, as everything but defaults of variables may call them. */
export function createFunctions(context: FunctionContext): FunctionTable {
  const table: FunctionTable = tableOf({
    ...numericFunctions,
    ...textFunctions,
    ...formatFunctions,
    ...patternFunctions,
    ...listFunctions,
    ...mapFunctions,
    ...setFunctions,
    ...encodingFunctions,
    ...networkFunctions,
    ...lazyFunctions,
    ...yamlFunctions(context),
    ...hashFunctions(context),
    ...fileFunctions(context),
    ...timeFunctions(context),
    ...lookupFunctions(context),
    templatefile: templateFile(context, () => table),
  });
  return table;
}

/** The one function that defaults of variables may call. */
export function createDefaultFunctions(env: FunctionContext['env']): FunctionTable {
  return tableOf({ env: define([text('name')], STRING, args => string(env[textAt(args, 0)] ?? '')) });
}
