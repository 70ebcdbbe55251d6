import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KilnError, messageOf, systemCode } from '../sdk/errors.ts';
import { ApiError } from './protocol/errors.ts';
import type { Caller } from './services/authenticate.ts';
import { errorReply, type Incoming, type Outgoing } from './services/dispatch.ts';

/** The largest request body taken, bytes. RunInstances with full user data and 50 tags stays far below. */
const MAX_BODY = 1_048_576;
/** Longer than clients keep idle connections, so that they never send into a closing one. */
const KEEP_ALIVE = 65_000;
/** How long calls under way may still take when the server closes, milliseconds. */
const CLOSE_GRACE = 3_000;

interface Handler {
  /** Time that goes out as the Date header, milliseconds. */
  now(): number;
  authenticate(request: { method: string; url: string; headers: IncomingMessage['headers']; body: Buffer }): Caller;
  answer(request: Incoming): Promise<Outgoing>;
  /** Answers what the instance metadata service would, which takes no signatures; undefined when it is not asked. */
  metadata(method: string, path: string): Outgoing | undefined;
}

export interface RunningServer {
  readonly endpoint: string;
  /** Stops taking requests, waits for those under way, then cuts the connections. */
  close(): Promise<void>;
}

/** Serves on 127.0.0.1 alone. Throws a KilnError when the port is taken. */
export async function serve(handler: Handler, port: number): Promise<RunningServer> {
  const underWay = new Set<Promise<void>>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE, requestTimeout: 60_000 }, (request, response) => {
    const work = handle(handler, server, request, response).catch(() => {
      response.destroy();
    });
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  await listen(server, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${actual}`,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      server.closeIdleConnections();
      await Promise.race([Promise.all(underWay), sleep(CLOSE_GRACE, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    const taken = systemCode(error) === 'EADDRINUSE';
    const why = taken
      ? 'another program uses that port'
      : systemCode(error) === 'EACCES'
        ? 'this user may not use that port'
        : messageOf(error);
    throw new KilnError(`the embedded EC2 cannot listen on 127.0.0.1:${port}: ${why}`, {
      code: taken ? 'port-in-use' : 'failed',
      cause: error,
      hint: 'choose another port, or none to take any free one',
    });
  }
}

async function handle(
  handler: Handler,
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { port } = server.address() as AddressInfo;
  if (!isOurHost(request.headers.host, port))
    return refuse(handler, response, 403, 'this endpoint answers on its loopback address only');
  const url = request.url ?? '/';
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const told = handler.metadata(request.method ?? '', path);
  if (told) {
    request.resume();
    return send(handler, response, told);
  }
  if (path !== '/' && path !== '') return refuse(handler, response, 404, 'no such path');
  if (request.method !== 'POST' && request.method !== 'GET')
    return refuse(handler, response, 405, 'only GET and POST are answered');
  const body = await readBody(request);
  if (body === undefined) {
    const error = new ApiError('RequestEntityTooLarge', `The request is larger than ${MAX_BODY} bytes`, 413);
    response.setHeader('connection', 'close');
    return send(handler, response, errorReply('ec2', error, randomUUID()));
  }
  const signed = { method: request.method, url, headers: request.headers, body };
  let caller: Caller;
  try {
    caller = handler.authenticate(signed);
  } catch (error) {
    return send(handler, response, errorReply(serviceOf(request), error, randomUUID()));
  }
  const reply = await handler.answer({
    ...caller,
    method: signed.method,
    query: question < 0 ? '' : url.slice(question + 1),
    body,
    contentType: request.headers['content-type'] ?? '',
    target: String(request.headers['x-amz-target'] ?? ''),
  });
  if (reply.lost) request.socket.destroy();
  else send(handler, response, reply);
}

/** The service a refused request meant, for the shape of its error. */
function serviceOf(request: IncomingMessage): string {
  return /\/(iam|sts)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1] ?? 'ec2';
}

/** A page in a browser could name any host that resolves to loopback; only plain loopback names are ours. */
function isOurHost(host: string | undefined, port: number): boolean {
  const match = /^(127\.0\.0\.1|localhost|[a-z0-9.-]+\.localhost)(?::(\d+))?$/i.exec(host ?? '');
  return match !== null && Number(match[2] ?? 80) === port;
}

function refuse(handler: Handler, response: ServerResponse, status: number, why: string): void {
  send(handler, response, { status, contentType: 'text/plain', body: `${why}\n`, requestId: randomUUID() });
}

function send(handler: Handler, response: ServerResponse, reply: Outgoing): void {
  if (reply.lost) return;
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': Buffer.byteLength(reply.body),
    'x-amzn-requestid': reply.requestId,
    date: new Date(handler.now()).toUTCString(),
  });
  response.end(reply.body);
}

/** The whole body; undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: unknown = chunk;
    if (!Buffer.isBuffer(bytes)) continue;
    size += bytes.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
