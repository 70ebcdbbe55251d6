/** AWS Signature Version 4, the server's side. Source: AWS General Reference, "Signature Version 4 signing process". */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export type AuthProblem = 'missing' | 'incomplete' | 'unknown-key' | 'scope' | 'expired' | 'body' | 'signature';

const HEADER = /^AWS4-HMAC-SHA256\s+(.*)$/s;

/** The parts of an Authorization header; a problem when it is absent or not of the form. */
export function parseAuthorization(header: string | undefined): Authorization | AuthProblem {
  if (header === undefined || header === '') return 'missing';
  const parts = HEADER.exec(header)?.[1];
  if (parts === undefined) return 'incomplete';
  const values = new Map<string, string>();
  for (const part of parts.split(',')) {
    const [name, value] = part.trim().split('=', 2);
    if (name && value !== undefined) values.set(name, value);
  }
  const credential = values.get('Credential')?.split('/') ?? [];
  const signedHeaders = values.get('SignedHeaders')?.split(';') ?? [];
  const signature = values.get('Signature') ?? '';
  if (credential.length < 5 || signedHeaders.length === 0 || !/^[0-9a-f]{64}$/.test(signature)) return 'incomplete';
  const [terminator, service, region, date] = credential.slice(-4).reverse();
  const accessKeyId = credential.slice(0, -4).join('/');
  if (!service || !region || !date || terminator !== 'aws4_request') return 'scope';
  if (!signedHeaders.includes('host')) return 'incomplete';
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

/** Milliseconds of an `X-Amz-Date` such as 20240131T120000Z; undefined when it is none. */
export function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Checks date, body hash and signature. `skew`: how far, in milliseconds, the request's time may be from `now`. */
export function verify(
  request: SignedRequest,
  auth: Authorization,
  secret: string,
  now: number,
  skew: number,
): AuthProblem | undefined {
  const stamp = header(request, 'x-amz-date');
  const time = stamp === undefined ? undefined : parseAmzDate(stamp);
  if (stamp === undefined || time === undefined) return 'incomplete';
  if (!stamp.startsWith(auth.date)) return 'scope';
  // Every x-amz header that was sent must be signed, or a middleman could add some.
  for (const name of Object.keys(request.headers))
    if (name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !auth.signedHeaders.includes(name))
      return 'incomplete';
  const hash = createHash('sha256').update(request.body).digest('hex');
  const claimed = header(request, 'x-amz-content-sha256');
  if (claimed !== undefined && claimed !== hash) return 'body';
  const scope = `${auth.date}/${auth.region}/${auth.service}/aws4_request`;
  const canonical = canonicalRequest(request, auth.signedHeaders, hash);
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${digest}`;
  const expected = createHmac('sha256', signingKey(secret, auth)).update(text).digest();
  if (!timingSafeEqual(expected, Buffer.from(auth.signature, 'hex'))) return 'signature';
  return Math.abs(now - time) > skew ? 'expired' : undefined;
}

function signingKey(secret: string, auth: Authorization): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secret}`, 'utf8');
  for (const part of [auth.date, auth.region, auth.service, 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest();
  return key;
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[], bodyHash: string): string {
  const question = request.url.indexOf('?');
  const path = question < 0 ? request.url : request.url.slice(0, question);
  const query = question < 0 ? '' : request.url.slice(question + 1);
  const headers = signedHeaders.map(name => `${name}:${(header(request, name) ?? '').trim().replace(/\s+/g, ' ')}\n`);
  return [
    request.method,
    path.split('/').map(canonicalPart).join('/') || '/',
    canonicalQuery(query),
    headers.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map(pair => {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    return [canonicalPart(name), equals < 0 ? '' : canonicalPart(pair.slice(equals + 1))] as const;
  });
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function canonicalPart(text: string): string {
  let plain = text;
  try {
    plain = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Signed over something else then; the signature will not match.
  }
  return encodeURIComponent(plain).replace(/[!'()*]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function header(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'object' ? value.join(',') : value;
}
