/** A small S3 on loopback: buckets, objects and multipart uploads as S3's REST API has them, path style, in memory. */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StoredObject {
  readonly body: Buffer;
  /** Request headers that S3 keeps, e.g. `x-amz-meta-*` and those of encryption. */
  readonly headers: Readonly<Record<string, string>>;
  readonly version: string | undefined;
}

interface PendingUpload {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

export interface S3Options {
  readonly buckets: readonly string[];
  /** The region that the buckets are in; calls signed for another one are redirected, as S3 does. */
  readonly region?: string;
  readonly versions?: boolean;
  /** The code with which an operation is refused; undefined when it is not. */
  readonly refuse?: (operation: string) => string | undefined;
  /**
   * Told of a call before it has any effect (`received`) and before its answer goes out (`done`). `drop` cuts the
   * connection there.
   */
  readonly onCall?: (
    moment: 'received' | 'done',
    operation: string,
  ) => 'drop' | undefined | Promise<'drop' | undefined>;
}

export interface S3Server {
  readonly endpoint: string;
  /** By `bucket/key`. */
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, PendingUpload>;
  readonly calls: readonly string[];
  put(path: string, body: string): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>';

export async function startS3(options: S3Options): Promise<S3Server> {
  const objects = new Map<string, StoredObject>();
  const uploads = new Map<string, PendingUpload>();
  const calls: string[] = [];
  const region = options.region ?? 'us-east-1';

  const store = (path: string, body: Buffer, headers: Readonly<Record<string, string>>): Answer['headers'] => {
    const version = options.versions ? randomUUID().replaceAll('-', '') : undefined;
    objects.set(path, { body, headers, version });
    return { etag: etag(body), ...(version && { 'x-amz-version-id': version }) };
  };

  function act(
    operation: string,
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
    body: Buffer,
  ): Answer {
    const id = query.get('uploadId') ?? '';
    const [bucket = ''] = path.split('/');
    if (!options.buckets.includes(bucket)) return failure(404, 'NoSuchBucket');
    const upload = uploads.get(id);
    switch (operation) {
      case 'HeadBucket':
        return { status: 200, headers: { 'x-amz-bucket-region': region } };
      case 'HeadObject': {
        const found = objects.get(path);
        if (!found) return failure(404, 'NotFound');
        const { version } = found;
        return { status: 200, headers: { ...found.headers, ...(version && { 'x-amz-version-id': version }) } };
      }
      case 'PutObject':
        return { status: 200, headers: store(path, body, kept(request)) ?? {} };
      case 'DeleteObject': {
        const version = query.get('versionId');
        if (!version || objects.get(path)?.version === version) objects.delete(path);
        return { status: 204 };
      }
      case 'CreateMultipartUpload': {
        const made = randomUUID();
        uploads.set(made, { path, headers: kept(request), parts: new Map() });
        return {
          status: 200,
          body: `${XML}<InitiateMultipartUploadResult><UploadId>${made}</UploadId></InitiateMultipartUploadResult>`,
        };
      }
      case 'ListMultipartUploads': {
        const prefix = `${bucket}/${query.get('prefix') ?? ''}`;
        const listed = [...uploads]
          .filter(([, one]) => one.path.startsWith(prefix))
          .map(
            ([at, one]) => `<Upload><Key>${one.path.slice(bucket.length + 1)}</Key><UploadId>${at}</UploadId></Upload>`,
          );
        return {
          status: 200,
          body: `${XML}<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${listed.join('')}</ListMultipartUploadsResult>`,
        };
      }
      default:
    }
    if (!upload || upload.path !== path) return failure(404, 'NoSuchUpload');
    if (operation === 'UploadPart') {
      upload.parts.set(Number(query.get('partNumber')), body);
      return { status: 200, headers: { etag: etag(body) } };
    }
    uploads.delete(id);
    if (operation === 'AbortMultipartUpload') return { status: 204 };
    const ordered = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    const headers = store(path, Buffer.concat(ordered), upload.headers);
    return {
      status: 200,
      headers: headers ?? {},
      body: `${XML}<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>`,
    };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://s3');
    const path = decodeURIComponent(url.pathname.slice(1)).replace(/\/$/, '');
    const operation = operationOf(request.method ?? '', path, url.searchParams);
    calls.push(operation);
    if ((await options.onCall?.('received', operation)) === 'drop') return void response.destroy();
    const signedFor = /Credential=[^/]+\/[^/]+\/([^/]+)\/s3\//.exec(request.headers.authorization ?? '')?.[1];
    const code = /^AWS4-HMAC-SHA256 /.test(request.headers.authorization ?? '')
      ? options.refuse?.(operation)
      : 'AccessDenied';
    const answer =
      signedFor !== region
        ? { ...failure(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': region } }
        : code
          ? failure(403, code)
          : act(operation, path, url.searchParams, request, Buffer.concat(chunks));
    if ((await options.onCall?.('done', operation)) === 'drop') return void response.destroy();
    response.writeHead(answer.status, answer.headers);
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    uploads,
    calls,
    put: (path, text) => void store(path, Buffer.from(text), {}),
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function operationOf(method: string, path: string, query: URLSearchParams): string {
  if (!path.includes('/')) return method === 'HEAD' ? 'HeadBucket' : 'ListMultipartUploads';
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject';
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
  return 'HeadObject';
}

function kept(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      /^x-amz-(meta-|server-side-)/.test(name) && typeof value === 'string' ? [[name, value]] : [],
    ),
  );
}

function failure(status: number, code: string): Answer {
  return { status, body: `${XML}<Error><Code>${code}</Code><Message>${code}: refused</Message></Error>` };
}

function etag(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
