/** Removing what an import makes, from plain data: the uploaded object, and the task with what came of it. */
import { sleep } from '../../sdk/async.ts';
import { KilnError } from '../../sdk/errors.ts';
import type { ResourceRef } from '../../sdk/resources.ts';
import type { Aws, Ec2 } from '../client/index.ts';
import { UPLOAD_MARK } from '../client/s3.ts';
import { look } from '../find-created.ts';
import { removeImage } from '../image/remove.ts';
import { isKind } from '../policy/aws-error.ts';
import { gone, type Removal, surelyGone } from '../removal.ts';
import { isFinished, TOKEN_TAG, tagMap } from '../tags.ts';
import type { Image, ImportImageTask } from '../types.ts';

/** Deletes an uploaded object, and drops unfinished uploads of its key. What another upload put there stays. */
export async function removeObject(ref: ResourceRef, aws: Aws, signal: AbortSignal): Promise<void> {
  const { name: Key = '', with: { bucket: Bucket = '', mark, endpoint } = {} } = ref;
  if (!Bucket || !Key) throw new KilnError('the ledger does not say which S3 object it is');
  const s3 = await aws.s3(endpoint);
  const versionAt = `s3://${Bucket}/${Key}?versionId=`;
  const VersionId = ref.id?.startsWith(versionAt) ? ref.id.slice(versionAt.length) : undefined;
  await gone(async () => {
    try {
      await dropUploads();
    } catch (error) {
      // The upload was completed: what could be left then is one without parts, which costs nothing.
      if (ref.id === undefined || !isKind(error, 'denied')) throw error;
    }
  });
  await gone(async () => {
    if (ref.id !== undefined) return s3.deleteObject({ Bucket, Key, ...(VersionId && { VersionId }) }, signal);
    // Nobody knows whether it came into being: an older object of that key is not this upload's.
    const found = await s3.headObject({ Bucket, Key }, signal).catch(error => {
      throw unknowable(error, Bucket, Key);
    });
    if (!mark || found.Metadata?.[UPLOAD_MARK] !== mark) return;
    await s3.deleteObject({ Bucket, Key, ...(found.VersionId && { VersionId: found.VersionId }) }, signal);
  });

  async function dropUploads(): Promise<void> {
    let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (marker) {
      const reply = await s3.listMultipartUploads({ Bucket, Prefix: Key, ...marker }, signal);
      for (const { Key: key, UploadId } of reply.Uploads ?? [])
        if (key === Key && UploadId) await gone(() => s3.abortMultipartUpload({ Bucket, Key, UploadId }, signal));
      const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = reply;
      marker = reply.IsTruncated && KeyMarker ? { KeyMarker, ...(UploadIdMarker && { UploadIdMarker }) } : undefined;
    }
  }
}

/** Who may upload need not be allowed to look: then nobody knows whose object it is. */
function unknowable(error: unknown, bucket: string, key: string): unknown {
  if (!isKind(error, 'denied', 'final')) return error;
  return new KilnError(`whether this build has made s3://${bucket}/${key} could not be found out`, {
    hint: 'that takes s3:ListBucket and s3:GetObject; see whether the object is there, and delete it',
    cause: error,
  });
}

/** Pause before a task that could not be cancelled is looked at again, in milliseconds, and the number of looks. */
const LAST_STEP = 5000;
const LOOKS = 60;

/** Cancels an import, and removes the image it made when it was complete already; a finished product stays. */
export async function removeImport(ref: ResourceRef, removal: Removal): Promise<void> {
  const ids = ref.id ? [ref.id] : await look(removal, () => findImports(ref, removal.ec2, removal.signal));
  for (const id of ids) await cancelImport(id, removal);
}

async function cancelImport(id: string, removal: Removal): Promise<void> {
  const { ec2, signal } = removal;
  for (let looks = 1; ; looks++) {
    const task = await importTask(id, removal);
    if (task?.Status === 'completed' && task.ImageId) return removeUnfinished(task.ImageId, removal);
    if (task?.Status !== 'active') return;
    try {
      await ec2.cancelImportTask({ ImportTaskId: id, CancelReason: 'the build has ended' }, signal);
      return;
    } catch (error) {
      if (isKind(error, 'not-found')) return;
      // EC2 does not cancel the last step of an import: it will be complete soon, and can be removed then.
      if (isKind(error, 'denied') || looks === LOOKS) throw error;
    }
    await sleep(LAST_STEP, signal);
  }
}

async function importTask(id: string, removal: Removal): Promise<ImportImageTask | undefined> {
  const { ec2, signal } = removal;
  let task: ImportImageTask | undefined;
  await surelyGone(async () => {
    task = (await ec2.describeImportImageTasks({ ImportTaskIds: [id] }, signal)).ImportImageTasks?.[0];
  }, removal);
  return task;
}

async function removeUnfinished(id: string, removal: Removal): Promise<void> {
  let image: Image | undefined;
  await gone(async () => {
    image = (await removal.ec2.describeImages({ ImageIds: [id] }, removal.signal)).Images?.[0];
  });
  if (!isFinished(image?.Tags)) await removeImage(id, removal);
}

/** Tasks are listed with their tags, but cannot be asked for by them. */
async function findImports(ref: ResourceRef, ec2: Ec2, signal: AbortSignal): Promise<string[] | undefined> {
  const { token } = ref;
  if (!token) return undefined;
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const reply = await ec2.describeImportImageTasks({ ...(NextToken && { NextToken }) }, signal);
    for (const { ImportTaskId, Tags } of reply.ImportImageTasks ?? [])
      if (ImportTaskId && tagMap(Tags)[TOKEN_TAG] === token) found.push(ImportTaskId);
    NextToken = reply.NextToken;
  } while (NextToken);
  return found;
}
