import { isKind } from './policy/aws-error.ts';

/** Runs a removal; what is not there any more counts as removed. */
export async function gone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!isKind(error, 'not-found')) throw error;
  }
}
