import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'mocha';
import { plugin } from '../../../post-processors/amazon-import/index.ts';
import type { AmazonImportOptions } from '../../../post-processors/amazon-import/schema.ts';
import type { LocalEc2, LocalEc2Options } from '../../../src/local-ec2/index.ts';
import type { Artifact } from '../../../src/sdk/artifact.ts';
import { hollowEc2 } from '../../helpers/ebs-bake.ts';
import { artifactOf } from '../../helpers/post-process.ts';
import { type TestRun, testPrepare, testRun } from '../../helpers/run-context.ts';
import { type S3Options, type S3Server, startS3 } from '../../helpers/s3-server.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

export const MIB = 1024 * 1024;

export interface Ran {
  readonly run: TestRun;
  readonly artifact: Artifact | undefined;
  readonly error: unknown;
  readonly progress: readonly (readonly [what: string, done: number, total?: number | undefined])[];
  /** What the undo of the build's end could not undo. */
  readonly undoFailures: readonly unknown[];
}

export interface Left {
  readonly images: number;
  readonly snapshots: number;
  readonly objects: readonly string[];
  readonly uploads: number;
}

export const NOTHING: Left = { images: 0, snapshots: 0, objects: [], uploads: 0 };

interface ImportWorld {
  readonly ec2: LocalEc2;
  readonly s3: S3Server;
  /** Path of a small raw disk; write to it for another content. */
  readonly disk: string;
  folder(): string;
  /** Starts EC2 and S3; called once in a test. */
  open(forEc2?: Partial<LocalEc2Options>, forS3?: Partial<S3Options>): Promise<void>;
  options(more?: Partial<AmazonImportOptions>): AmazonImportOptions;
  /** One run as the engine makes it, with the undo at its end. Never throws. */
  importing(
    wanted: AmazonImportOptions,
    given?: { readonly files?: readonly string[]; readonly signal?: AbortSignal },
  ): Promise<Ran>;
  left(): Left;
}

/** Inside a `describe`: an embedded EC2 and an S3 for each test. */
export function importWorld(): ImportWorld {
  const environment = { ...process.env };
  let servers: { readonly ec2: LocalEc2; readonly s3: S3Server } | undefined;
  let disk = '';
  const running = () => {
    assert.ok(servers, 'not opened');
    return servers;
  };
  beforeEach(() => {
    disk = join(folder(), 'disk.raw');
    writeFileSync(disk, 'a small disk');
  });
  afterEach(async () => {
    await servers?.ec2.close();
    await servers?.s3.close();
    servers = undefined;
    process.env = { ...environment };
  });
  // After the servers are closed: the folders go last.
  const folder = tempFolders();
  return {
    get ec2() {
      return running().ec2;
    },
    get s3() {
      return running().s3;
    },
    get disk() {
      return disk;
    },
    folder,
    async open(forEc2 = {}, forS3 = {}) {
      const ec2 = await hollowEc2(folder(), forEc2);
      const s3 = await startS3({ buckets: ['disks'], ...forS3 });
      servers = { ec2, s3 };
      process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
      process.env['AWS_ACCESS_KEY_ID'] = ec2.credentials.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = ec2.credentials.secretAccessKey;
    },
    options: (more = {}) => ({
      custom_endpoint_ec2: running().ec2.endpoint,
      region: running().ec2.region,
      s3_bucket_name: 'disks',
      s3_key_name: 'some/disk.raw',
      format: 'raw',
      ...more,
    }),
    async importing(wanted, given = {}) {
      const prepared = await plugin.prepare(wanted, testPrepare());
      const run = testRun({ ...(given.signal && { signal: given.signal }) });
      const progress: [what: string, done: number, total?: number | undefined][] = [];
      let artifact: Artifact | undefined;
      let error: unknown;
      try {
        const result = await prepared.process({
          ...run,
          ui: { ...run.ui, progress: (...told) => void progress.push(told) },
          artifact: artifactOf(given.files ?? [join(folder(), 'notes.txt'), disk]),
          machine: undefined,
          doneWithMachine: () => {},
        });
        artifact = result.artifact;
        assert.deepEqual([result.keepInput, result.forceKeepInput], [false, false]);
      } catch (thrown) {
        error = thrown;
      }
      const undoFailures = await run.resources.unwind();
      return { run, artifact, error, progress, undoFailures };
    },
    left() {
      const { ec2, s3 } = running();
      const { images, snapshots } = ec2.state();
      return {
        images: images.length,
        snapshots: snapshots.length,
        objects: [...s3.objects.keys()],
        uploads: s3.uploads.size,
      };
    },
  };
}
