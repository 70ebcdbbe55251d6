import type { RequestOptions } from 'node:https';
import { describeFileError, messageOf, systemCode } from '../../../sdk/errors.ts';

export interface TlsSettings {
  /** Paths of PEM files. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
  readonly skipVerify: boolean;
}

export interface Request {
  /** Who is asked, and the variable that says where it is. */
  readonly who: string;
  readonly addressFrom: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  /** A Unix socket to speak through. */
  readonly socketPath?: string | undefined;
  /** Milliseconds without an answer. */
  readonly timeout: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Longest answer that is read, in bytes. */
const LARGEST = 16 * 1024 * 1024;

async function tlsOptions(tls: TlsSettings): Promise<RequestOptions> {
  const { readFile } = await import('node:fs/promises');
  const file = async (path: string | undefined): Promise<Buffer | undefined> =>
    path ? await readFile(path).catch(error => Promise.reject(new Error(describeFileError(path, error)))) : undefined;
  const [ca, cert, key] = await Promise.all([file(tls.caFile), file(tls.certFile), file(tls.keyFile)]);
  return {
    rejectUnauthorized: !tls.skipVerify,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(tls.serverName && { servername: tls.serverName }),
  };
}

/** A GET request. Throws an error whose message says in one sentence why there was no answer. */
export async function get(request: Request): Promise<Answer> {
  const { url, socketPath } = request;
  const secure = url.protocol === 'https:';
  const { request: start } = secure ? await import('node:https') : await import('node:http');
  const options: RequestOptions = {
    method: 'GET',
    headers: request.headers,
    timeout: request.timeout,
    // No connection outlives the request: nothing shall keep the process alive.
    agent: false,
    ...(socketPath ? { socketPath } : {}),
    ...(secure ? await tlsOptions(request.tls) : {}),
  };
  return await new Promise<Answer>((resolve, reject) => {
    const call = start(url, options, response => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LARGEST) call.destroy(new Error('its answer is too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    call.on('timeout', () => call.destroy(new Error(`it did not answer within ${request.timeout / 1000} s`)));
    call.on('error', error => reject(new Error(unreachable(request, error), { cause: error })));
    call.end();
  });
}

function unreachable({ who, addressFrom, url, socketPath }: Request, error: Error): string {
  return `${who} at ${socketPath ?? url.origin} cannot be reached: ${reasonOf(error)}; is ${addressFrom} right?`;
}

function reasonOf(error: Error): string {
  switch (systemCode(error)) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
      return 'there is no host of that name';
    case 'EAI_AGAIN':
      return 'the name could not be looked up';
    case 'ENOENT':
      return 'there is no such socket';
    case 'ECONNRESET':
      return 'it closed the connection';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to it';
    default:
      return messageOf(error);
  }
}

/** An address from the environment as a URL. Throws an error that names the variable. */
export function urlOf(text: string, variable: string): URL {
  try {
    return new URL(text);
  } catch (error) {
    throw new Error(`${variable} does not give an address: "${text}"`, { cause: error });
  }
}
