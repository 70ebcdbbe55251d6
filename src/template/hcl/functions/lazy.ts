import { ConversionError, convert } from '../values/convert.ts';
import { BOOL } from '../values/types.ts';
import { bool, isWhollyKnown, UNKNOWN, unknown } from '../values/value.ts';
import type { LazyFunction } from './contract.ts';
import { any } from './define.ts';

/** Functions that decide themselves what happens when an argument cannot be evaluated. */
export const lazyFunctions: Readonly<Record<string, LazyFunction>> = {
  can: {
    kind: 'lazy',
    parameters: [any('expression')],
    call: ([expression], tools) => {
      if (!expression) return UNKNOWN;
      const outcome = tools.attempt(expression);
      if (!('value' in outcome)) return bool(false);
      return isWhollyKnown(outcome.value) ? bool(true) : unknown(BOOL);
    },
  },
  try: {
    kind: 'lazy',
    parameters: [any('expression')],
    rest: any('expressions'),
    call: (expressions, tools) => {
      const problems: string[] = [];
      for (const expression of expressions) {
        const outcome = tools.attempt(expression);
        // What is not known yet may still fail: then nothing can be said.
        if ('value' in outcome) return isWhollyKnown(outcome.value) ? outcome.value : UNKNOWN;
        problems.push(...outcome.problems);
      }
      return tools.fail(
        undefined,
        `none of the expressions could be evaluated: ${problems.join('; ')}`,
        'add a last expression that cannot fail',
      );
    },
  },
  convert: {
    kind: 'lazy',
    parameters: [any('value'), any('type')],
    call: ([expression, type], tools) => {
      if (!expression || !type) return UNKNOWN;
      const value = tools.evaluate(expression);
      try {
        return convert(value, tools.readType(type));
      } catch (error) {
        if (!(error instanceof ConversionError)) throw error;
        return tools.fail(expression, error.message);
      }
    },
  },
};
