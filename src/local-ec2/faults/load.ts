import { readFile } from 'node:fs/promises';
import { describeFileError, KilnError, messageOf } from '../../sdk/errors.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import type { FaultPlan } from './plan.ts';
import { FAULT_PLANS } from './plans/index.ts';
import { readFaultPlan } from './read.ts';

/**
 * A fault plan by the name of a shipped one, or by the path of a JSON file (anything with a slash or a dot).
 * Throws a KilnError: no such plan, unreadable, not JSON, not a plan.
 */
export async function loadFaultPlan(nameOrPath: string): Promise<FaultPlan> {
  const shipped = Object.hasOwn(FAULT_PLANS, nameOrPath) ? FAULT_PLANS[nameOrPath] : undefined;
  if (shipped) return shipped;
  if (!/[./]/.test(nameOrPath)) {
    const names = Object.keys(FAULT_PLANS);
    throw new KilnError(`there is no fault plan named "${nameOrPath}"`, {
      code: 'bad-fault-plan',
      hint: didYouMean(nameOrPath, names).hint ?? `the plans are ${names.join(', ')}; a path to a JSON file works too`,
    });
  }
  let text: string;
  try {
    text = await readFile(nameOrPath, 'utf8');
  } catch (error) {
    throw new KilnError(`the fault plan cannot be read: ${describeFileError(nameOrPath, error)}`, {
      cause: error,
      code: 'bad-fault-plan',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KilnError(`fault plan "${nameOrPath}" is not JSON: ${messageOf(error)}`, {
      cause: error,
      code: 'bad-fault-plan',
    });
  }
  return readFaultPlan(value, `"${nameOrPath}"`);
}
