import { KilnError } from '../sdk/errors.ts';
import type { Ec2 } from './client/index.ts';
import { watch } from './state-pollers.ts';
import type { Instance } from './types.ts';
import { VISIBILITY } from './waiter.ts';

/** Pause between two looks for an instance that EC2 does not show, in milliseconds. */
const PAUSE = 250;
const SHARE = 0.3;

/**
 * An instance that this build launched, as it is now. EC2 may not show it for a while yet, or now and then; that is sat
 * out. Builds that look at the same time share the call. Throws KilnError when it stays unknown.
 */
export function instanceNow(ec2: Ec2, id: string, signal: AbortSignal): Promise<Instance> {
  return watch(ec2).instances.wait<Instance>({
    id,
    signal,
    pace: (elapsed, looks) => (looks === 0 ? 0 : Math.max(PAUSE, elapsed * SHARE)),
    check(instance, elapsed) {
      if (instance === undefined && elapsed > VISIBILITY) {
        throw new KilnError(`instance ${id} vanished from ${ec2.region}`, {
          hint: 'somebody else may have removed it',
          code: 'aws-vanished',
        });
      }
      return instance;
    },
  });
}

/** The same, but throws with EC2's reason when the instance is terminated or about to be. */
export async function livingInstance(ec2: Ec2, id: string, signal: AbortSignal): Promise<Instance> {
  const instance = await instanceNow(ec2, id, signal);
  const state = instance.State?.Name;
  if (state === 'shutting-down' || state === 'terminated') throw lostInstance(id, undefined, instance);
  return instance;
}

/** The error of an instance that went where it was not to go; `goal` is where it was to go, if anywhere. */
export function lostInstance(id: string, goal: string | undefined, instance: Instance): KilnError {
  const told = instance.StateReason?.Message || instance.StateTransitionReason;
  const reason = told ? `: ${told}` : '';
  const instead = goal ? ` instead of ${goal}` : ', while kiln still needs it';
  return new KilnError(`instance ${id} is ${instance.State?.Name}${instead}${reason}`, {
    code: 'aws-instance-lost',
    ...hintFor(instance),
  });
}

function hintFor(instance: Instance): { hint?: string } {
  const code = instance.StateReason?.Code ?? '';
  if (code.includes('SpotInstance'))
    return { hint: 'AWS took the spot instance back: try again, other types, or on demand' };
  if (code.includes('VolumeLimitExceeded')) return { hint: 'the account is at its limit of EBS storage' };
  if (code.includes('InternalError') || code.includes('InvalidSnapshot')) {
    return { hint: 'often a KMS key of an encrypted volume that the account may not use, or a full snapshot limit' };
  }
  return {};
}
