import { CallFault } from '../../interpolate/faults.ts';
import { STRING } from '../values/types.ts';
import { string, type Value } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { define, text, textAt } from './define.ts';
import { selectSecret } from './secret.ts';

/**
 * Functions that ask services. While an answer is under way they throw a PendingLookup, which passes through the
 * evaluator: the loader waits and evaluates again.
 */
export function lookupFunctions({ lookups, outside }: FunctionContext): Readonly<Record<string, HclFunction>> {
  const ask = <T>(key: string, available: boolean, fetch: () => Promise<T>): T => {
    if (!available) throw new FunctionError('this lookup cannot be made here');
    try {
      return lookups.get(key, fetch);
    } catch (error) {
      if (error instanceof CallFault) throw new FunctionError(error.message);
      throw error;
    }
  };
  const secret = (name: string): string => {
    const { secrets } = outside;
    const content = ask(`secret ${name}`, secrets !== undefined, async () => secrets?.read(name));
    if (content?.kind !== 'text') throw new FunctionError(`the secret "${name}" is binary`, 0);
    return content.text;
  };
  return {
    aws_secretsmanager: define([text('name'), text('key', { nullable: true })], STRING, args => {
      const key = args[1]?.kind === 'string' && args[1].text !== '' ? args[1].text : undefined;
      return string(selectSecret(secret(textAt(args, 0)), textAt(args, 0), key));
    }),
    aws_secretsmanager_raw: define([text('name')], STRING, args => string(secret(textAt(args, 0)))),
    consul_key: define([text('key')], STRING, args => {
      const key = textAt(args, 0);
      return string(ask(`consul ${key}`, outside.consul !== undefined, async () => (await outside.consul?.(key)) ?? ''));
    }),
    vault: define([text('path'), text('key')], STRING, (args: readonly Value[]) => {
      const [path, key] = [textAt(args, 0), textAt(args, 1)];
      return string(ask(`vault ${path} ${key}`, outside.vault !== undefined, async () => (await outside.vault?.(path, key)) ?? ''));
    }),
  };
}
