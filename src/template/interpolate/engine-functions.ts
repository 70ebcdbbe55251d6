import { buildFunctions } from './functions/build.ts';
import { textFunctions } from './functions/text.ts';
import { timeFunctions } from './functions/time.ts';
import type { TemplateFunction } from './functions.ts';

/** The functions that Packer's engine adds to those of every Go template. */
export const engineFunctions: Readonly<Record<string, TemplateFunction>> = {
  ...textFunctions,
  ...timeFunctions,
  ...buildFunctions,
};
