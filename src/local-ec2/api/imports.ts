/** ImportImage and its tasks. There is no S3 here: the disk's content is not read, the image made is an empty one. */
import { ApiError, missingParameter } from '../protocol/errors.ts';
import {
  boolean,
  filters,
  integer,
  list,
  oneOf,
  required,
  string,
  struct,
  tagSpecifications,
} from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import { newId } from '../store/ids.ts';
import type { ImageRecord, ImportTaskRecord, SnapshotRecord } from '../store/model.ts';
import { type Action, action, type Call } from './action.ts';
import { kmsKeyArn } from './encryption.ts';
import { matcher } from './filters.ts';
import { find, peek, select } from './kinds.ts';
import { page } from './paging.ts';
import { tagSet, tagsFor } from './tagging.ts';
import { recall, remember } from './tokens.ts';

const importImage = action(
  {
    Architecture: oneOf('i386', 'x86_64', 'arm64'),
    BootMode: oneOf('legacy-bios', 'uefi', 'uefi-preferred'),
    ClientToken: string,
    Description: string,
    DiskContainer: list(
      struct({
        Description: string,
        DeviceName: string,
        Format: string,
        SnapshotId: string,
        Url: string,
        UserBucket: struct({ S3Bucket: string, S3Key: string }),
      }),
    ),
    Encrypted: boolean,
    KmsKeyId: string,
    LicenseType: oneOf('AWS', 'BYOL'),
    Platform: oneOf('Linux', 'Windows'),
    RoleName: string,
    TagSpecification: tagSpecifications,
    UsageOperation: string,
  },
  (call, input) => {
    const known = recall(call, input.ClientToken, input)?.[0];
    if (known) return taskXml(call, find(call, 'importTasks', known));
    const [disk] = input.DiskContainer;
    if (!disk) throw missingParameter('DiskContainers');
    if (disk.Format !== undefined && !/^(ova|raw|vmdk|vhdx?|iso)$/i.test(disk.Format))
      throw new ApiError('InvalidParameter', `The disk container format '${disk.Format}' is not supported`);
    const encrypted = input.Encrypted ?? false;
    const bucket = disk.UserBucket;
    const task: ImportTaskRecord = {
      id: newId('import-ami'),
      tags: tagsFor(input.TagSpecification, 'import-image-task', ['import-image-task', 'image', 'snapshot']),
      createdAt: call.world.now(),
      status: 'active',
      architecture: input.Architecture ?? 'x86_64',
      platform: input.Platform ?? 'Linux',
      ...(input.Description && { description: input.Description }),
      ...(input.LicenseType && { licenseType: input.LicenseType }),
      ...(disk.Format && { format: disk.Format.toUpperCase() }),
      ...(input.BootMode && { bootMode: input.BootMode }),
      ...((disk.Url ?? bucket?.S3Bucket) && { url: disk.Url ?? `s3://${bucket?.S3Bucket}/${bucket?.S3Key ?? ''}` }),
      encrypted,
      ...(encrypted && { kmsKeyId: kmsKeyArn(call, input.KmsKeyId) }),
    };
    call.state.importTasks[task.id] = task;
    remember(call, input.ClientToken, input, [task.id]);
    call.world.lifecycle.after('importTask', task.id, () => finish(call, task));
    call.world.touch();
    return taskXml(call, task);
  },
);

function finish(call: Call, task: ImportTaskRecord): void {
  if (task.status !== 'active') return;
  const failure = call.world.faults.failureOf('image', task.encrypted);
  call.world.touch();
  if (failure) {
    task.status = 'deleted';
    task.message = failure.message;
    return;
  }
  const { accountId } = call.world;
  const at = call.world.now();
  const snapshot: SnapshotRecord = {
    id: newId('snap'),
    tags: {},
    createdAt: at,
    state: 'completed',
    volumeId: 'vol-ffffffff',
    size: 8,
    description: `Created by AWS-VMImport service for ${task.id}`,
    encrypted: task.encrypted,
    ...(task.kmsKeyId !== undefined && { kmsKeyId: task.kmsKeyId }),
    ownerId: accountId,
    readyAt: at,
    sharedWith: [],
    public: false,
    imported: false,
    content: { layers: [] },
  };
  const image: ImageRecord = {
    id: newId('ami'),
    tags: {},
    createdAt: at,
    state: 'available',
    name: task.id,
    description: task.description ?? `AWS-VMImport service: ${task.platform}`,
    location: `${accountId}/${task.id}`,
    ownerId: accountId,
    architecture: task.architecture,
    ...(task.platform === 'Windows' && { platform: 'windows' }),
    rootDeviceName: '/dev/sda1',
    rootDeviceType: 'ebs',
    virtualizationType: 'hvm',
    mappings: [
      {
        device: '/dev/sda1',
        ebs: { snapshotId: snapshot.id, size: 8, type: 'gp2', deleteOnTermination: true, encrypted: task.encrypted },
      },
    ],
    permissions: [],
    productCodes: [],
    enaSupport: false,
    protection: 'disabled',
    ...(task.bootMode !== undefined && { bootMode: task.bootMode }),
    loginUser: 'ec2-user',
    standIn: false,
    imported: false,
  };
  call.state.snapshots[snapshot.id] = snapshot;
  call.state.images[image.id] = image;
  task.status = 'completed';
  task.imageId = image.id;
  task.snapshotId = snapshot.id;
}

function taskXml(call: Call, task: ImportTaskRecord): { [name: string]: Xml } {
  const image = peek(call, 'images', task.imageId);
  return {
    importTaskId: task.id,
    architecture: task.architecture,
    description: task.description,
    encrypted: task.encrypted,
    kmsKeyId: task.kmsKeyId,
    imageId: image?.id ?? task.imageId,
    licenseType: task.licenseType,
    platform: task.platform,
    progress: task.status === 'active' ? '19' : undefined,
    status: task.status,
    statusMessage: task.message ?? (task.status === 'active' ? 'pending' : undefined),
    bootMode: task.bootMode,
    snapshotDetailSet: [
      { diskImageSize: 0, format: task.format, snapshotId: task.snapshotId, status: task.status, url: task.url },
    ],
    tagSet: tagSet(task.tags),
  };
}

export const importActions: Readonly<Record<string, Action>> = {
  ImportImage: importImage,
  DescribeImportImageTasks: action(
    { ImportTaskId: list(string), Filters: filters, MaxResults: integer, NextToken: string },
    (call, input) => {
      const byFilter = matcher<ImportTaskRecord>(input.Filters, { 'task-state': one => one.status });
      const { items, nextToken } = page(select(call, 'importTasks', input.ImportTaskId, byFilter), input, { min: 1 });
      return { importImageTaskSet: items.map(one => taskXml(call, one)), nextToken };
    },
  ),
  CancelImportTask: action({ ImportTaskId: required(string), CancelReason: string }, (call, input) => {
    const task = find(call, 'importTasks', input.ImportTaskId);
    const before = task.status;
    if (before !== 'active') {
      const text = `The import task ${task.id} is ${before} and cannot be canceled`;
      throw new ApiError('IncorrectState', text);
    }
    task.status = 'deleted';
    task.message = input.CancelReason ?? 'cancelled';
    call.world.lifecycle.cancel(task.id);
    call.world.touch();
    return { importTaskId: task.id, state: 'deleting', previousState: before };
  }),
};
