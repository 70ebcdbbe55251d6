import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '../../src/sdk/archive/source.ts';
import { KilnError, messageOf } from '../../src/sdk/errors.ts';

export interface RegistryAddress {
  readonly url: string;
  readonly token: string;
  readonly insecure: boolean;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The JSON API of a Vagrant registry. All throw KilnError; a missing thing gives undefined where that is said. */
export interface RegistryApi {
  /** Undefined when the answer is 404. */
  find(path: string, signal: AbortSignal): Promise<Json | undefined>;
  call(method: Method, path: string, signal: AbortSignal, body?: Json): Promise<Json>;
  /** Sends a file to an address that the API gave, without the token, which is not for others. */
  upload(url: string, bytes: Bytes, size: number, signal: AbortSignal): Promise<void>;
}

export type Json = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Outgoing {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes;
  readonly signal: AbortSignal;
}

/** What is kept of an answer; no answer of the API comes near. */
const LONGEST_ANSWER = 1_000_000;

export function registryApi({ url, token, insecure }: RegistryAddress): RegistryApi {
  const base = url.replace(/\/+$/, '');
  const send = (method: Method, target: string, outgoing: Outgoing): Promise<Answer> =>
    exchange(method, new URL(target), insecure, outgoing);
  const callRaw = (method: Method, path: string, signal: AbortSignal, body?: Json): Promise<Answer> => {
    const text = body && JSON.stringify(body);
    return send(method, /^https?:/.test(path) ? path : `${base}/${path}`, {
      signal,
      headers: {
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        }),
      },
      ...(text !== undefined && { body: Readable.from([Buffer.from(text)]) }),
    });
  };
  return {
    async find(path, signal) {
      const answer = await callRaw('GET', path, signal);
      return answer.status === 404 ? undefined : accepted('GET', path, answer);
    },
    async call(method, path, signal, body) {
      return accepted(method, path, await callRaw(method, path, signal, body));
    },
    async upload(target, bytes, size, signal) {
      const answer = await send('PUT', target, { headers: { 'content-length': String(size) }, body: bytes, signal });
      accepted('PUT', new URL(target).host, answer);
    },
  };
}

async function exchange(method: Method, url: URL, insecure: boolean, outgoing: Outgoing): Promise<Answer> {
  const { headers, body, signal } = outgoing;
  const options = { method, headers, signal, ...(insecure && { rejectUnauthorized: false }) };
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const request = url.protocol === 'http:' ? requestHttp(url, options) : requestHttps(url, options);
      request.on('error', reject);
      request.on('response', response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < LONGEST_ANSWER) text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      if (body) pipeline(Readable.from(body, { objectMode: false }), request).catch(reject);
      else request.end();
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KilnError) throw error;
    throw new KilnError(`the Vagrant registry at ${url.host} could not be reached: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function accepted(method: Method, what: string, { status, text }: Answer): Json {
  if (status >= 200 && status < 300) return parse(text);
  const { errors } = parse(text);
  const said = Array.isArray(errors) ? errors.map(String).join('; ') : text.slice(0, 300).trim();
  throw new KilnError(`the Vagrant registry refused ${method} ${what} (HTTP ${status}): ${said || 'no reason given'}`, {
    code: `http-${status}`,
    ...((status === 401 || status === 403) && { hint: 'check access_token, and that it may write to this box' }),
  });
}

function parse(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}
