import { CallFault } from '../../interpolate/faults.ts';
import { STRING } from '../values/types.ts';
import { string, type Value } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import { FunctionError, type HclFunction, type Parameter } from './contract.ts';
import { define, text, textAt } from './define.ts';

/**
 * Functions that ask services. While an answer is under way they throw a PendingLookup, which passes through the
 * evaluator: the loader waits and evaluates again.
 */
export function lookupFunctions({ outside }: FunctionContext): Readonly<Record<string, HclFunction>> {
  const asking = (parameters: readonly Parameter[], read: (args: readonly Value[]) => string): HclFunction =>
    define(parameters, STRING, args => {
      try {
        return string(read(args));
      } catch (error) {
        throw error instanceof CallFault ? new FunctionError(error.message) : error;
      }
    });
  return {
    aws_secretsmanager: asking([text('name'), text('key', { nullable: true })], args =>
      outside.secret(textAt(args, 0), textAt(args, 1) || undefined),
    ),
    aws_secretsmanager_raw: asking([text('name')], args => outside.rawSecret(textAt(args, 0))),
    consul_key: asking([text('key')], args => outside.consulKey(textAt(args, 0))),
    vault: asking([text('path'), text('key')], args => outside.vault(textAt(args, 0), textAt(args, 1))),
  };
}
