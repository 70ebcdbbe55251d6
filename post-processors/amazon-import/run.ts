import { stat } from 'node:fs/promises';
import { createAws } from '../../src/aws/client/index.ts';
import { acquireImage } from '../../src/aws/image/acquire.ts';
import { amiArtifact } from '../../src/aws/image/artifact.ts';
import { checkFreeName, encryptionOf, finishImage } from '../../src/aws/import/image.ts';
import { checkBucket, uploadObject } from '../../src/aws/import/object.ts';
import { startImport, waitForImport } from '../../src/aws/import/task.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { PostProcessContext, PostProcessResult } from '../../src/sdk/plugin.ts';
import type { AmazonImportOptions } from './schema.ts';

/** Packer's name for amazon-import as the maker of an artifact. */
const BUILDER_ID = 'packer.post-processor.amazon-import';

type Encryption = 'AES256' | 'aws:kms';

/** Uploads the artifact's disk image and has EC2 import it. When it fails or is cancelled nothing stays. */
export async function importDisk(
  run: PostProcessContext,
  options: AmazonImportOptions,
  bootMode: string,
): Promise<PostProcessResult> {
  const format = options.format || 'ova';
  const file = diskOf(run.artifact, format);
  const size = await sizeOf(file);
  run.doneWithMachine();

  const bucket = options.s3_bucket_name;
  const key = keyOf(run, options.s3_key_name, format);
  const aws = await createAws(options, { local: false, secret: value => run.secret(value) });
  // From here on it is known whose account this is: what is made is recorded with it.
  await aws.accessKeyId();
  const ec2 = aws.ec2();
  if (options.ami_name) await checkFreeName(ec2, options.ami_name, run.signal);
  await checkBucket(aws, bucket, run.signal);

  const encryption = (options.s3_encryption || undefined) as Encryption | undefined;
  const kmsKey = options.s3_encryption_key;
  if (kmsKey && encryption !== 'aws:kms')
    run.ui.say('s3_encryption_key is not used: it goes with s3_encryption aws:kms');
  const object = await uploadObject(run, aws, { file, size, bucket, key, encryption, kmsKey });
  if (options.skip_clean) await object.keep();

  run.ui.say(`Importing ${object.value} as an AMI`);
  const platform = options.platform === 'windows' ? 'Windows' : 'Linux';
  const task = await startImport(run, aws, {
    DiskContainers: [{ Format: format, UserBucket: { S3Bucket: bucket, S3Key: key } }],
    Architecture: options.architecture || 'x86_64',
    BootMode: bootMode as 'uefi',
    ...(options.platform && { Platform: platform }),
    ...(options.license_type && { LicenseType: options.license_type }),
    ...(options.role_name && { RoleName: options.role_name }),
    ...encryptionOf(options),
  });
  const id = await waitForImport(ec2, task.value, run);
  if (!options.skip_clean) object.releaseSoon();

  const maker = { run, machine: { aws, ec2 }, owned: [] };
  const imported = await acquireImage(maker, ec2, task.value, 'registered', async () => id);
  // The image is owned by itself now.
  await task.keep();
  const image = await finishImage(maker, imported, options);
  if (!options.skip_clean) await object.release();
  return {
    artifact: amiArtifact(aws, new Map([[aws.region, image.id]]), run.buildData, BUILDER_ID),
    keepInput: false,
    forceKeepInput: false,
  };
}

/** The first file of the artifact with the format's ending. */
function diskOf(artifact: Artifact | undefined, format: string): string {
  const files = artifact?.files ?? [];
  const file = files.find(one => one.endsWith(`.${format}`));
  if (file !== undefined) return file;
  const there = files.length > 0 ? `it has ${files.slice(0, 5).join(', ')}${files.length > 5 ? ', ...' : ''}` : '';
  throw new KilnError(`the artifact has no file that ends in .${format}${there && `; ${there}`}`, {
    hint: there
      ? 'set "format" to the ending of the disk image: ova, raw, vmdk, vhd or vhdx'
      : 'amazon-import needs an artifact of files; "artifice" makes one of files that are there',
  });
}

async function sizeOf(file: string): Promise<number> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(file);
  } catch (error) {
    throw new KilnError(`the disk image cannot be read: ${describeFileError(file, error)}`, { cause: error });
  }
  if (found.isFile() && found.size > 0) return found.size;
  throw new KilnError(`the disk image ${file} is ${found.isFile() ? 'empty' : 'not a file'}`);
}

/** By default unique to the build: several of one run would overwrite each other's objects. */
function keyOf(run: PostProcessContext, template: string | undefined, format: string): string {
  const unique = run.resources.token('object').slice(-8);
  const key = run.render(template || `packer-import-{{timestamp}}-${unique}.${format}`);
  if (key) return key;
  throw new KilnError(`s3_key_name "${template}" gives an empty key`);
}
