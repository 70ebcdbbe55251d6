import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin } from '../../../post-processors/amazon-import/index.ts';
import type { AmazonImportOptions } from '../../../post-processors/amazon-import/schema.ts';
import { undoResource } from '../../../src/aws/undo.ts';
import type { LocalEc2, LocalEc2Options } from '../../../src/local-ec2/index.ts';
import type { Artifact } from '../../../src/sdk/artifact.ts';
import type { ResourceRef } from '../../../src/sdk/resources.ts';
import { callsOf, hollowEc2, leaks } from '../../helpers/ebs-bake.ts';
import { artifactOf } from '../../helpers/post-process.ts';
import { type TestRun, testPrepare, testRun } from '../../helpers/run-context.ts';
import { type S3Options, type S3Server, startS3 } from '../../helpers/s3-server.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const MIB = 1024 * 1024;

interface Ran {
  readonly run: TestRun;
  readonly artifact: Artifact | undefined;
  readonly error: unknown;
  readonly progress: readonly (readonly [string, number, number | undefined])[];
  readonly undoFailures: readonly unknown[];
}

describe('amazon-import, running', () => {
  const environment = { ...process.env };
  let ec2: LocalEc2;
  let s3: S3Server;
  let disk: string;

  const open = async (forEc2: Partial<LocalEc2Options> = {}, forS3: Partial<S3Options> = {}): Promise<void> => {
    ec2 = await hollowEc2(folder(), forEc2);
    s3 = await startS3({ buckets: ['disks'], ...forS3 });
    process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
    process.env['AWS_ACCESS_KEY_ID'] = ec2.credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = ec2.credentials.secretAccessKey;
  };
  beforeEach(() => {
    disk = join(folder(), 'disk.raw');
    writeFileSync(disk, 'a small disk');
  });
  afterEach(async () => {
    await ec2?.close();
    await s3?.close();
    process.env = { ...environment };
  });
  // After the servers are closed: the folders go last.
  const folder = tempFolders();

  const options = (more: Partial<AmazonImportOptions> = {}): AmazonImportOptions => ({
    custom_endpoint_ec2: ec2.endpoint,
    region: ec2.region,
    s3_bucket_name: 'disks',
    s3_key_name: 'some/disk.raw',
    format: 'raw',
    ...more,
  });

  async function importing(
    wanted: AmazonImportOptions,
    given: { readonly files?: readonly string[]; readonly signal?: AbortSignal } = {},
  ): Promise<Ran> {
    const prepared = await plugin.prepare(wanted, testPrepare());
    const run = testRun({ ...(given.signal && { signal: given.signal }) });
    const progress: (readonly [string, number, number | undefined])[] = [];
    let artifact: Artifact | undefined;
    let error: unknown;
    try {
      const result = await prepared.process({
        ...run,
        ui: { ...run.ui, progress: (...told) => void progress.push(told as never) },
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
  }

  /** What is there of images, snapshots, tasks that go on, objects and uploads. */
  const left = () => ({
    images: ec2.state().images.length,
    snapshots: ec2.state().snapshots.length,
    objects: [...s3.objects.keys()],
    uploads: s3.uploads.size,
  });
  const NOTHING = { images: 0, snapshots: 0, objects: [], uploads: 0 };

  it('uploads, imports, tags, shares, and removes the object', async () => {
    await open();
    const { artifact, error, run, undoFailures } = await importing(
      options({
        ami_description: 'from a disk',
        ami_users: ['123456789012'],
        ami_groups: ['all'],
        ami_org_arns: ['arn:aws:organizations::123456789012:organization/o-abcdefghij'],
        imds_support: 'v2.0',
        tags: { team: 'web' },
        boot_mode: 'uefi',
        platform: 'linux',
        license_type: 'BYOL',
        role_name: 'importer',
      }),
    );
    assert.ifError(error);
    assert.deepEqual(undoFailures, []);
    const [image] = ec2.state().images;
    assert.equal(artifact?.builderId, 'packer.post-processor.amazon-import');
    assert.equal(artifact?.id, `us-east-1:${image?.id}`);
    assert.deepEqual(left(), { ...NOTHING, images: 1, snapshots: 1 });
    const [call] = callsOf(ec2, 'ImportImage');
    assert.deepEqual(
      [call?.['BootMode'], call?.['Platform'], call?.['LicenseType'], call?.['RoleName'], call?.['Architecture']],
      ['uefi', 'Linux', 'BYOL', 'importer', 'x86_64'],
    );
    assert.deepEqual(call?.['DiskContainer'], [
      { Format: 'raw', UserBucket: { S3Bucket: 'disks', S3Key: 'some/disk.raw' } },
    ]);
    const { tags } = ec2.state().images[0] ?? {};
    assert.equal(tags?.['team'], 'web');
    assert.equal(tags?.['kiln:expires'], 'never');
    assert.equal(tags?.['kiln:run'], run.resources.runId);
    assert.equal(ec2.state().snapshots[0]?.tags['team'], 'web');
    const modified = JSON.stringify(callsOf(ec2, 'ModifyImageAttribute'));
    for (const one of ['from a disk', '123456789012', 'all', 'organization/o-abcdefghij', 'v2.0'])
      assert.ok(modified.includes(one), one);
    await artifact?.destroy(AbortSignal.timeout(60_000));
    assert.deepEqual(left(), NOTHING);
  });

  it('copies to the wanted name, with the encryption, and removes what was imported', async () => {
    await open();
    const { artifact, error } = await importing(
      options({
        ami_name: 'web',
        ami_encrypt: true,
        ami_kms_key: 'alias/disks',
        ami_description: 'd',
        tags: { a: 'b' },
      }),
    );
    assert.ifError(error);
    const { images } = ec2.state();
    assert.deepEqual(
      images.map(one => one.name),
      ['web'],
    );
    assert.equal(artifact?.id, `us-east-1:${images[0]?.id}`);
    assert.deepEqual(left(), { ...NOTHING, images: 1, snapshots: 1 });
    for (const action of ['ImportImage', 'CopyImage']) {
      const [call] = callsOf(ec2, action);
      assert.deepEqual([call?.['Encrypted'], call?.['KmsKeyId']], ['true', 'alias/disks'], action);
    }
  });

  it('uploads a large disk in parts, byte by byte the same, and shows how far it is', async () => {
    await open();
    const bytes = Buffer.alloc(20 * MIB + 7);
    for (let at = 0; at < bytes.length; at += 4096)
      bytes.writeUInt32LE(at % 0xffffffff, Math.min(at, bytes.length - 4));
    writeFileSync(disk, bytes);
    const { error, progress } = await importing(
      options({ skip_clean: true, s3_encryption: 'aws:kms', s3_encryption_key: 'k' }),
    );
    assert.ifError(error);
    const stored = s3.objects.get('disks/some/disk.raw');
    assert.ok(stored);
    assert.ok(stored.body.equals(bytes));
    assert.equal(stored.headers['x-amz-server-side-encryption'], 'aws:kms');
    assert.equal(stored.headers['x-amz-server-side-encryption-aws-kms-key-id'], 'k');
    assert.equal(s3.calls.filter(one => one === 'UploadPart').length, 3);
    const shown = progress.filter(([what]) => what === 'uploading disk.raw').map(([, done, total]) => [done, total]);
    assert.deepEqual(shown.at(-1), [bytes.length, bytes.length]);
    assert.equal(s3.uploads.size, 0);
  });

  it('says why EC2 could not import, and leaves nothing', async () => {
    const message = 'ClientError: Disk validation failed [OVF file parsing error]';
    await open({ faults: { faults: [{ kind: 'failed-state', resource: 'image', message }] } });
    const { error, undoFailures } = await importing(options());
    assert.match(String(error), /could not import the disk image in us-east-1: ClientError: Disk validation failed/);
    assert.deepEqual(undoFailures, []);
    assert.deepEqual(left(), NOTHING);
  });

  for (const [what, action] of [
    ['the copy', 'CopyImage'],
    ['sharing', 'ModifyImageAttribute'],
    ['tagging', 'CreateTags'],
  ] as const)
    it(`leaves nothing when ${what} is refused`, async () => {
      await open({ faults: { faults: [{ kind: 'error', actions: [action], code: 'UnauthorizedOperation' }] } });
      const { error, undoFailures } = await importing(options({ ami_name: 'web', ami_users: ['123456789012'] }));
      assert.match(String(error), new RegExp(`refused ${action}`));
      assert.deepEqual(undoFailures, []);
      assert.deepEqual(left(), NOTHING);
    });

  it('takes a lost answer of ImportImage for what it is: one import', async () => {
    await open({ faults: { faults: [{ kind: 'lost-reply', actions: ['ImportImage'], times: 1 }] } });
    const { error } = await importing(options());
    assert.ifError(error);
    assert.equal(callsOf(ec2, 'ImportImage').length, 2);
    assert.deepEqual(left(), { ...NOTHING, images: 1, snapshots: 1 });
  });

  it('finds an import whose answer never came, and removes what it made', async () => {
    await open({ faults: { faults: [{ kind: 'lost-reply', actions: ['ImportImage'] }] } });
    const { error, undoFailures } = await importing(options({ max_retries: 2 }));
    assert.ok(error);
    assert.deepEqual(undoFailures, []);
    assert.deepEqual(left(), NOTHING);
  });

  for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutObject'])
    it(`bears a lost answer of ${operation}`, async () => {
      let lost = false;
      await open(
        {},
        {
          onCall: (moment, called) => {
            if (lost || moment !== 'done' || called !== operation) return undefined;
            lost = true;
            return 'drop';
          },
        },
      );
      if (operation !== 'PutObject') writeFileSync(disk, Buffer.alloc(9 * MIB, 1));
      const { error } = await importing(options());
      assert.ifError(error);
      assert.ok(lost);
      assert.deepEqual(left(), { ...NOTHING, images: 1, snapshots: 1 });
    });

  for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'DeleteObject'])
    for (const moment of ['received', 'done'] as const)
      it(`leaves nothing when it is cancelled at ${operation} (${moment})`, async () => {
        const controller = new AbortController();
        await open(
          {},
          {
            onCall: (at, called) => {
              if (at === moment && called === operation) controller.abort(new Error('stop'));
              return undefined;
            },
          },
        );
        writeFileSync(disk, Buffer.alloc(40 * MIB, 1));
        const { error, undoFailures } = await importing(options({ ami_name: 'web' }), { signal: controller.signal });
        assert.match(String(error), /stop/);
        assert.deepEqual(undoFailures, []);
        assert.deepEqual(left(), NOTHING);
      });

  for (const action of ['ImportImage', 'DescribeImportImageTasks', 'CopyImage', 'CreateTags'])
    for (const moment of ['received', 'done'] as const)
      it(`leaves nothing when it is cancelled at ${action} (${moment})`, async () => {
        const controller = new AbortController();
        await open({
          timing: { importTask: action === 'DescribeImportImageTasks' ? 60_000 : 0 },
          onCall: (at, called) => {
            if (at === moment && called === action) controller.abort(new Error('stop'));
            return undefined;
          },
        });
        const { error, undoFailures } = await importing(options({ ami_name: 'web' }), { signal: controller.signal });
        assert.match(String(error), /stop/);
        assert.deepEqual(undoFailures, []);
        assert.deepEqual(left(), NOTHING);
        if (action === 'DescribeImportImageTasks') assert.equal(callsOf(ec2, 'CancelImportTask').length, 1);
      });

  it('keeps an older object of that key when its own upload is refused or cancelled', async () => {
    const controller = new AbortController();
    await open(
      {},
      {
        onCall: (_, called) => {
          if (called === 'UploadPart') controller.abort(new Error('stop'));
          return undefined;
        },
      },
    );
    s3.put('disks/some/disk.raw', 'older');
    writeFileSync(disk, Buffer.alloc(9 * MIB, 1));
    await importing(options(), { signal: controller.signal });
    assert.equal(s3.objects.get('disks/some/disk.raw')?.body.toString(), 'older');
    assert.equal(s3.uploads.size, 0);
  });

  it('removes the version it made, in a bucket with versions', async () => {
    await open({}, { versions: true });
    const { error } = await importing(options());
    assert.ifError(error);
    assert.deepEqual(left().objects, []);
  });

  for (const [what, more, expected] of [
    ['a bucket that is not there', { s3_bucket_name: 'nowhere' }, /there is no S3 bucket "nowhere"/],
    ['a format without a file', { format: 'vmdk' }, /no file that ends in \.vmdk; it has .*disk\.raw/],
  ] as const)
    it(`refuses ${what} before it uploads`, async () => {
      await open();
      assert.match(String((await importing(options(more))).error), expected);
      assert.ok(!s3.calls.includes('PutObject'));
    });

  it('refuses a bucket of another region, a taken name and an empty disk before it uploads', async () => {
    await open({}, { region: 'eu-west-1' });
    assert.match(
      String((await importing(options())).error),
      /is in eu-west-1, but the image is to be imported in us-east-1/,
    );
    writeFileSync(disk, '');
    assert.match(String((await importing(options())).error), /disk\.raw is empty/);
    assert.match(String((await importing(options(), { files: [join(folder(), 'gone.raw')] })).error), /cannot be read/);
    assert.ok(!s3.calls.includes('PutObject'));
  });

  it('refuses a name that is taken before it uploads', async () => {
    await open();
    await importing(options({ ami_name: 'web' }));
    const before = s3.calls.length;
    const { error } = await importing(options({ ami_name: 'web' }));
    assert.match(String(error), /the name "web" is taken by image ami-/);
    assert.equal(s3.calls.length, before);
    assert.deepEqual(leaks(ec2), {});
  });

  it('tells of a role that is missing what to do', async () => {
    const message = 'The service role vmimport provided does not exist or does not have sufficient permissions';
    await open({
      faults: { faults: [{ kind: 'error', actions: ['ImportImage'], code: 'InvalidParameter', message }] },
    });
    const { error } = await importing(options());
    assert.match(String((error as { hint?: string }).hint), /role vmimport/);
    assert.deepEqual(left(), NOTHING);
  });

  it('uploads as somebody who may neither look at the bucket nor list its uploads', async () => {
    await open({}, { refuse: called => (/^(Head|List)/.test(called) ? 'AccessDenied' : undefined) });
    const { error, undoFailures } = await importing(options());
    assert.ifError(error);
    assert.deepEqual(undoFailures, []);
    assert.deepEqual(left().objects, []);
  });

  describe('undone from plain data alone', () => {
    const undo = (ref: Omit<ResourceRef, 'account'>) =>
      undoResource(
        { recordedAt: '2020-01-01T00:00:00Z', ...ref, account: { region: ec2.region, endpoint: ec2.endpoint } },
        AbortSignal.timeout(60_000),
      );

    it('the object and unfinished uploads, wherever the S3 was', async () => {
      await open();
      const { run } = await importing(options({ skip_clean: true }));
      const ref = run.resources.log.find(one => one.ref.kind === 's3:object')?.ref;
      assert.ok(ref);
      process.env['AWS_ENDPOINT_URL_S3'] = 'http://127.0.0.1:1';
      await undo(ref);
      assert.deepEqual(left().objects, []);
      await undo(ref);
    });

    it('an import that goes on, found by its token, and none of somebody else', async () => {
      await open({ timing: { importTask: 60_000 } });
      const stop = new AbortController();
      const going = importing(options(), { signal: stop.signal });
      while (callsOf(ec2, 'DescribeImportImageTasks').length === 0) await new Promise(done => setTimeout(done, 20));
      await undo({ kind: 'ec2:import-task', token: 'another' });
      assert.equal(callsOf(ec2, 'CancelImportTask').length, 0);
      await undo({ kind: 'ec2:import-task', token: String(callsOf(ec2, 'ImportImage')[0]?.['ClientToken']) });
      assert.equal(callsOf(ec2, 'CancelImportTask').length, 1);
      const { error } = await going;
      assert.match(String(error), /could not import .*the build has ended/);
    });

    it('never the image of a finished import', async () => {
      await open();
      const { run } = await importing(options());
      const task = run.resources.log.find(one => one.ref.kind === 'ec2:import-task')?.ref;
      assert.ok(task?.token);
      await undo({ kind: 'ec2:import-task', token: task.token });
      assert.equal(ec2.state().images.length, 1);
    });
  });
});
