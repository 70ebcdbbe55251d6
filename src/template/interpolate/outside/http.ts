import type { RequestOptions } from 'node:https';
import { messageOf } from '../../../sdk/errors.ts';

export interface TlsSettings {
  /** Paths of PEM files. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
  readonly skipVerify: boolean;
}

export interface Request {
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
    path ? await readFile(path) : undefined;
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
    call.on('error', error => reject(new Error(`${url.origin}: ${messageOf(error)}`, { cause: error })));
    call.end();
  });
}
