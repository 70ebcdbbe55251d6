import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export { Upload } from '@aws-sdk/lib-storage';
export { S3Client };

/** The S3 actions kiln uses itself. */
export const s3Commands = {
  abortMultipartUpload: AbortMultipartUploadCommand,
  deleteObject: DeleteObjectCommand,
  headBucket: HeadBucketCommand,
  headObject: HeadObjectCommand,
  listMultipartUploads: ListMultipartUploadsCommand,
} as const;

/** The commands that an upload consists of. */
export const uploadCommands = {
  PutObject: PutObjectCommand,
  CreateMultipartUpload: CreateMultipartUploadCommand,
  UploadPart: UploadPartCommand,
  CompleteMultipartUpload: CompleteMultipartUploadCommand,
  AbortMultipartUpload: AbortMultipartUploadCommand,
} as const;
