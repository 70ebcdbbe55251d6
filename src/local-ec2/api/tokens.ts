import { createHash } from 'node:crypto';
import { ApiError } from '../protocol/errors.ts';
import type { Call } from './action.ts';

/** EC2 remembers client tokens for a day at least. */
const KEEP = 24 * 3_600_000;

/**
 * Makes a create call idempotent: the same token with the same request gives the ids that the first call made, with
 * another request IdempotentParameterMismatch. Undefined: not seen yet; then `remember` the ids.
 */
export function recall(call: Call, token: string | undefined, request: unknown): readonly string[] | undefined {
  if (!token) return undefined;
  checkToken(token);
  const key = `${call.action} ${token}`;
  const known = Object.hasOwn(call.state.tokens, key) ? call.state.tokens[key] : undefined;
  if (!known || call.world.now() - known.at > KEEP) return undefined;
  if (known.request !== digest(request))
    throw new ApiError(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  return known.ids;
}

export function remember(call: Call, token: string | undefined, request: unknown, ids: readonly string[]): void {
  if (!token) return;
  const now = call.world.now();
  for (const [key, one] of Object.entries(call.state.tokens)) if (now - one.at > KEEP) delete call.state.tokens[key];
  call.state.tokens[`${call.action} ${token}`] = { request: digest(request), ids: [...ids], at: now };
}

function checkToken(token: string): void {
  if (token.length > 64 || !/^[\x20-\x7e]+$/.test(token))
    throw new ApiError('InvalidParameterValue', 'The client token must be at most 64 ASCII characters long');
}

function digest(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}
