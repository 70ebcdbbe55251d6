import { ApiError, invalidCombination, invalidParameter } from '../protocol/errors.ts';

interface PageRequest {
  readonly MaxResults: number | undefined;
  readonly NextToken: string | undefined;
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
  /** The request named ids, which EC2 does not page. */
  readonly byId?: boolean;
}

/** The asked-for page, and the token of the next one. */
export function page<T>(
  items: readonly T[],
  request: PageRequest,
  limits: Limits = {},
): { items: readonly T[]; nextToken: string | undefined } {
  const { MaxResults: size, NextToken: token } = request;
  const { min = 5, max = 1000, byId = false } = limits;
  if (size !== undefined) {
    if (byId) throw invalidCombination('The parameter MaxResults may not be used with a list of IDs');
    if (size < min || size > Math.max(max, min))
      throw invalidParameter(
        `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between ${min} and ${max}.`,
      );
  }
  const start = token === undefined || token === '' ? 0 : offsetOf(token);
  const end = size === undefined ? items.length : start + size;
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? Buffer.from(`page:${end}`).toString('base64') : undefined,
  };
}

function offsetOf(token: string): number {
  const match = /^page:(\d{1,9})$/.exec(Buffer.from(token, 'base64').toString('latin1'));
  if (!match?.[1]) throw new ApiError('InvalidPaginationToken', 'The pagination token is invalid');
  return Number(match[1]);
}
