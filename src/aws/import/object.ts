import { basename } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws } from '../client/index.ts';
import type { UploadRequest } from '../client/s3.ts';
import { AwsError, isKind } from '../policy/aws-error.ts';
import { undoWith } from '../undo.ts';

/** An uploaded object; its value is where it is, as `s3://bucket/key`. */
export type UploadedObject = Owned<string>;

/**
 * Checks, before hours of uploading, that the bucket is there and in the region that imports from it. Who may not look
 * uploads all the same. Throws KilnError.
 */
export async function checkBucket(aws: Aws, bucket: string, signal: AbortSignal): Promise<void> {
  const s3 = await aws.s3();
  let found: string | undefined;
  try {
    found = (await s3.headBucket({ Bucket: bucket }, signal)).BucketRegion;
  } catch (error) {
    if (isKind(error, 'not-found')) {
      throw new KilnError(`there is no S3 bucket "${bucket}"`, {
        hint: 'make it first, or set s3_bucket_name to one that exists',
        cause: error,
        code: 'aws-bucket',
      });
    }
    // An answer to HEAD has no text: a refusal's reason shows when the upload is refused too.
    if (!isKind(error, 'denied', 'final')) throw error;
    found = regionTold(error.cause);
  }
  if (!found || found === aws.region) return;
  throw new KilnError(`the S3 bucket "${bucket}" is in ${found}, but the image is to be imported in ${aws.region}`, {
    hint: 'EC2 imports from buckets of its own region: set region or s3_bucket_name',
    code: 'aws-bucket',
  });
}

/** S3 refuses calls for a bucket of another region, and says in a header where it is. */
function regionTold(error: unknown): string | undefined {
  const { $response: response } = error as { readonly $response?: { readonly headers?: Record<string, string> } };
  return response?.headers?.['x-amz-bucket-region'];
}

/** Uploads a file. Once begun it is owned: whatever fails later, the object and unfinished uploads of its key go. */
export async function uploadObject(
  run: RunContext,
  aws: Aws,
  request: Omit<UploadRequest, 'mark'>,
): Promise<UploadedObject> {
  const s3 = await aws.s3();
  const { bucket, key, file } = request;
  const mark = run.resources.token(`upload ${bucket}/${key}`);
  run.ui.say(`Uploading ${file} to s3://${bucket}/${key}`);
  return run.resources.acquire<string>(
    {
      kind: 's3:object',
      account: aws.ec2().account,
      name: key,
      with: { bucket, mark, ...(s3.endpoint && { endpoint: s3.endpoint }) },
    },
    async () => {
      const { version } = await s3.upload({ ...request, mark }, run.signal, (done, total) =>
        run.ui.progress(`uploading ${basename(file)}`, done, total),
      );
      return { id: objectId(bucket, key, version), value: objectId(bucket, key) };
    },
    undoWith(aws),
    nothingBegun,
  );
}

/** e.g. `s3://bucket/key`, with the version where the bucket has versions. */
export function objectId(bucket: string, key: string, version?: string): string {
  return `s3://${bucket}/${key}${version ? `?versionId=${version}` : ''}`;
}

/** The very first call of an upload was refused. */
function nothingBegun(error: unknown): boolean {
  return (
    error instanceof AwsError && !error.maybeDone && ['CreateMultipartUpload', 'PutObject'].includes(error.operation)
  );
}
