/** S3 as kiln uses it: uploads of large files, and their removal. */
import { createReadStream } from 'node:fs';
import { describeFileError, KilnError, systemCode } from '../../sdk/errors.ts';
import { isKind } from '../policy/aws-error.ts';
import type { CallPolicy } from '../policy/call.ts';
import { S3Client, s3Commands, Upload, uploadCommands } from './s3-operations.ts';
import { bindService, type SdkClient, type Service } from './service.ts';

const MIB = 1024 * 1024;
/** Smallest part that is sent, in bytes, and the most parts of one upload (S3: 10,000). */
const PART = 8 * MIB;
const MOST_PARTS = 10_000;
/** Parts on their way at once; each is held in memory. */
const AT_ONCE = 4;
/** Milliseconds without a byte after which a connection counts as dead. A part may take as long as it likes. */
const IDLE = 120_000;
/** Longest that S3 may take to put an upload together, and to drop one, in milliseconds. */
const COMPLETION = 10 * 60_000;
const ABORTION = 60_000;

/** The name under which an object says which upload made it. */
export const UPLOAD_MARK = 'kiln-upload';

export interface UploadRequest {
  /** Path of the local file. */
  readonly file: string;
  /** Its size in bytes; more than 0. */
  readonly size: number;
  readonly bucket: string;
  readonly key: string;
  /** Tells this upload's object from another one of the same key. */
  readonly mark: string;
  readonly encryption?: 'AES256' | 'aws:kms' | undefined;
  readonly kmsKey?: string | undefined;
}

export interface S3 extends Service<typeof s3Commands> {
  /** The endpoint that takes AWS's place, if any. */
  readonly endpoint: string | undefined;
  /**
   * Uploads a file, in parts when it is large. When it fails or is cancelled, the parts are dropped. Gives the version, in a
   * bucket that has versions. Throws AwsError, or KilnError when the file cannot be read.
   */
  upload(
    request: UploadRequest,
    signal: AbortSignal,
    progress: (done: number, total: number) => void,
  ): Promise<{ readonly version: string | undefined }>;
}

type Settings = NonNullable<ConstructorParameters<typeof S3Client>[0]>;

/** A client for such settings. Other endpoints than AWS's seldom have a host name for each bucket. */
export function s3Client(settings: Settings & { readonly requestHandler: object }): S3Client {
  return new S3Client({
    ...settings,
    ...(settings.endpoint && { forcePathStyle: true }),
    requestHandler: { ...settings.requestHandler, requestTimeout: 0, socketTimeout: IDLE },
  });
}

/** S3 under the one policy for calls, its uploads too. */
export function openS3(client: () => SdkClient, policy: CallPolicy, endpoint: string | undefined): S3 {
  const service = bindService(s3Commands, client, policy);

  /** What Upload takes for a client: each of its commands is one call under the policy. */
  const underPolicy = (request: UploadRequest, signal: AbortSignal): S3Client => {
    const send = async (command: object): Promise<unknown> => {
      const [operation = 'Upload'] = Object.entries(uploadCommands).find(([, Kind]) => command instanceof Kind) ?? [];
      const call = policy.call({ operation }, ownTime(operation) ?? signal, abortSignal =>
        client().send(command as never, { abortSignal }),
      );
      if (operation !== 'CompleteMultipartUpload') return call;
      return call.catch(error => completedBefore(request, error));
    };
    const { config } = client() as unknown as S3Client;
    return { config, send } as unknown as S3Client;
  };

  /** An upload that is not there any more when it is to be completed was completed by a try whose answer was lost. */
  const completedBefore = async ({ bucket, key, mark }: UploadRequest, error: unknown): Promise<unknown> => {
    if (!isKind(error, 'not-found')) throw error;
    const found = await service
      .headObject({ Bucket: bucket, Key: key }, AbortSignal.timeout(ABORTION))
      .catch(() => undefined);
    if (found?.Metadata?.[UPLOAD_MARK] !== mark) throw error;
    return { VersionId: found.VersionId };
  };

  return {
    ...service,
    endpoint,
    async upload(request, signal, progress) {
      const { file, size, bucket, key, mark, encryption, kmsKey } = request;
      const upload = new Upload({
        client: underPolicy(request, signal),
        partSize: Math.max(PART, Math.ceil(size / MOST_PARTS / MIB) * MIB),
        queueSize: AT_ONCE,
        params: {
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file),
          ContentLength: size,
          Metadata: { [UPLOAD_MARK]: mark },
          ...(encryption && { ServerSideEncryption: encryption }),
          ...(encryption === 'aws:kms' && kmsKey && { SSEKMSKeyId: kmsKey }),
        },
      });
      upload.on('httpUploadProgress', ({ loaded = 0 }) => progress(Math.min(loaded, size), size));
      try {
        // Not by Upload's own way of aborting, which leaves its calls to themselves: cancelled calls end it in order.
        const reply = await upload.done();
        return { version: reply.VersionId };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof KilnError) throw error;
        const reason = systemCode(error) ? `: ${describeFileError(file, error)}` : `: ${String(error)}`;
        throw new KilnError(`${file} could not be uploaded${reason}`, { cause: error });
      }
    },
  };
}

/** Calls that a cancelled build does not cut off: a half-completed upload may be complete, and parts cost money. */
function ownTime(operation: string): AbortSignal | undefined {
  if (operation === 'CompleteMultipartUpload') return AbortSignal.timeout(COMPLETION);
  return operation === 'AbortMultipartUpload' ? AbortSignal.timeout(ABORTION) : undefined;
}
