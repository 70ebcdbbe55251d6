import { FAULT_PLANS, type FaultPlan, readFaultPlan } from '../../local-ec2/faults/index.ts';
import { sortDiagnostics } from '../../sdk/diagnostics.ts';
import { DiagnosticError, KilnError } from '../../sdk/errors.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import { findDuplicateKeys } from '../../template/json/duplicates.ts';
import { parseJson } from '../../template/json/parse.ts';
import { readSource } from '../../template/json/read.ts';

/**
 * A fault plan by the name of a shipped one, or by the path of a JSON file (anything with a slash or a dot).
 * Throws a KilnError: no such plan, unreadable, not JSON, not a plan; what is wrong in a file is told with its places.
 */
export async function loadFaultPlan(nameOrPath: string, cwd: string): Promise<FaultPlan> {
  const shipped = Object.hasOwn(FAULT_PLANS, nameOrPath) ? FAULT_PLANS[nameOrPath] : undefined;
  if (shipped) return shipped;
  if (!/[./]/.test(nameOrPath)) {
    const names = Object.keys(FAULT_PLANS);
    throw new KilnError(`there is no fault plan named "${nameOrPath}"`, {
      code: 'no-such-fault-plan',
      hint: didYouMean(nameOrPath, names).hint ?? `the plans are ${names.join(', ')}; a path to a JSON file works too`,
    });
  }
  const { source, diagnostics } = await readSource(nameOrPath, { cwd, what: 'the fault plan' });
  if (!source) throw new DiagnosticError(diagnostics);
  const { root, diagnostics: syntax } = parseJson(source);
  if (!root || syntax.length > 0) throw new DiagnosticError(syntax);
  const { plan, diagnostics: wrong } = readFaultPlan(root);
  const found = sortDiagnostics([...findDuplicateKeys(root), ...wrong]);
  if (!plan || found.length > 0) throw new DiagnosticError(found);
  return plan;
}
