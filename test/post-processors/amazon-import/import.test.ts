import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { callsOf, leaks } from '../../helpers/ebs-bake.ts';
import { importWorld, MIB, NOTHING } from './world.ts';

describe('amazon-import, running', () => {
  const world = importWorld();

  it('uploads, imports, tags, shares, and removes the object', async () => {
    await world.open();
    const { artifact, error, run, undoFailures } = await world.importing(
      world.options({
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
    const [image] = world.ec2.state().images;
    assert.equal(artifact?.builderId, 'packer.post-processor.amazon-import');
    assert.equal(artifact?.id, `us-east-1:${image?.id}`);
    assert.deepEqual(world.left(), { ...NOTHING, images: 1, snapshots: 1 });
    const [call] = callsOf(world.ec2, 'ImportImage');
    assert.deepEqual(
      [call?.['BootMode'], call?.['Platform'], call?.['LicenseType'], call?.['RoleName'], call?.['Architecture']],
      ['uefi', 'Linux', 'BYOL', 'importer', 'x86_64'],
    );
    assert.deepEqual(call?.['DiskContainer'], [
      { Format: 'raw', UserBucket: { S3Bucket: 'disks', S3Key: 'some/disk.raw' } },
    ]);
    const { tags } = world.ec2.state().images[0] ?? {};
    assert.equal(tags?.['team'], 'web');
    assert.equal(tags?.['kiln:expires'], 'never');
    assert.equal(tags?.['kiln:run'], run.resources.runId);
    assert.equal(world.ec2.state().snapshots[0]?.tags['team'], 'web');
    const modified = JSON.stringify(callsOf(world.ec2, 'ModifyImageAttribute'));
    for (const one of ['from a disk', '123456789012', 'all', 'organization/o-abcdefghij', 'v2.0'])
      assert.ok(modified.includes(one), one);
    await artifact?.destroy(AbortSignal.timeout(60_000));
    assert.deepEqual(world.left(), NOTHING);
  });

  it('copies to the wanted name, with the encryption, and removes what was imported', async () => {
    await world.open();
    const { artifact, error } = await world.importing(
      world.options({
        ami_name: 'web',
        ami_encrypt: true,
        ami_kms_key: 'alias/disks',
        ami_description: 'd',
        tags: { a: 'b' },
      }),
    );
    assert.ifError(error);
    const { images } = world.ec2.state();
    assert.deepEqual(
      images.map(one => one.name),
      ['web'],
    );
    assert.equal(artifact?.id, `us-east-1:${images[0]?.id}`);
    assert.deepEqual(world.left(), { ...NOTHING, images: 1, snapshots: 1 });
    for (const action of ['ImportImage', 'CopyImage']) {
      const [call] = callsOf(world.ec2, action);
      assert.deepEqual([call?.['Encrypted'], call?.['KmsKeyId']], ['true', 'alias/disks'], action);
    }
  });

  it('uploads a large disk in parts, byte by byte the same, and shows how far it is', async () => {
    await world.open();
    const bytes = Buffer.alloc(20 * MIB + 7);
    for (let at = 0; at < bytes.length; at += 4096)
      bytes.writeUInt32LE(at % 0xffffffff, Math.min(at, bytes.length - 4));
    writeFileSync(world.disk, bytes);
    const { error, progress } = await world.importing(
      world.options({ skip_clean: true, s3_encryption: 'aws:kms', s3_encryption_key: 'k' }),
    );
    assert.ifError(error);
    const stored = world.s3.objects.get('disks/some/disk.raw');
    assert.ok(stored);
    assert.ok(stored.body.equals(bytes));
    assert.equal(stored.headers['x-amz-server-side-encryption'], 'aws:kms');
    assert.equal(stored.headers['x-amz-server-side-encryption-aws-kms-key-id'], 'k');
    assert.equal(world.s3.calls.filter(one => one === 'UploadPart').length, 3);
    const shown = progress.filter(([what]) => what === 'uploading disk.raw').map(([, done, total]) => [done, total]);
    assert.deepEqual(shown.at(-1), [bytes.length, bytes.length]);
    assert.equal(world.s3.uploads.size, 0);
  });

  it('says why EC2 could not import, and leaves nothing', async () => {
    const message = 'ClientError: Disk validation failed [OVF file parsing error]';
    await world.open({ faults: { faults: [{ kind: 'failed-state', resource: 'image', message }] } });
    const { error, undoFailures } = await world.importing(world.options());
    assert.match(String(error), /could not import the disk image in us-east-1: ClientError: Disk validation failed/);
    assert.deepEqual(undoFailures, []);
    assert.deepEqual(world.left(), NOTHING);
  });

  for (const [what, action] of [
    ['the copy', 'CopyImage'],
    ['sharing', 'ModifyImageAttribute'],
    ['tagging', 'CreateTags'],
  ] as const)
    it(`leaves nothing when ${what} is refused`, async () => {
      await world.open({ faults: { faults: [{ kind: 'error', actions: [action], code: 'UnauthorizedOperation' }] } });
      const { error, undoFailures } = await world.importing(
        world.options({ ami_name: 'web', ami_users: ['123456789012'] }),
      );
      assert.match(String(error), new RegExp(`refused ${action}`));
      assert.deepEqual(undoFailures, []);
      assert.deepEqual(world.left(), NOTHING);
    });

  it('takes a lost answer of ImportImage for what it is: one import', async () => {
    await world.open({ faults: { faults: [{ kind: 'lost-reply', actions: ['ImportImage'], times: 1 }] } });
    const { error } = await world.importing(world.options());
    assert.ifError(error);
    assert.equal(callsOf(world.ec2, 'ImportImage').length, 2);
    assert.deepEqual(world.left(), { ...NOTHING, images: 1, snapshots: 1 });
  });

  it('finds an import whose answer never came, and removes what it made', async () => {
    await world.open({ faults: { faults: [{ kind: 'lost-reply', actions: ['ImportImage'] }] } });
    const { error, undoFailures } = await world.importing(world.options({ max_retries: 2 }));
    assert.ok(error);
    assert.deepEqual(undoFailures, []);
    assert.deepEqual(world.left(), NOTHING);
  });

  for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutObject'])
    it(`bears a lost answer of ${operation}`, async () => {
      let lost = false;
      await world.open(
        {},
        {
          onCall: (moment, called) => {
            if (lost || moment !== 'done' || called !== operation) return undefined;
            lost = true;
            return 'drop';
          },
        },
      );
      if (operation !== 'PutObject') writeFileSync(world.disk, Buffer.alloc(9 * MIB, 1));
      const { error } = await world.importing(world.options());
      assert.ifError(error);
      assert.ok(lost);
      assert.deepEqual(world.left(), { ...NOTHING, images: 1, snapshots: 1 });
    });

  for (const [what, more, expected] of [
    ['a bucket that is not there', { s3_bucket_name: 'nowhere' }, /there is no S3 bucket "nowhere"/],
    ['a format without a file', { format: 'vmdk' }, /no file that ends in \.vmdk; it has .*disk\.raw/],
  ] as const)
    it(`refuses ${what} before it uploads`, async () => {
      await world.open();
      assert.match(String((await world.importing(world.options(more))).error), expected);
      assert.ok(!world.s3.calls.includes('PutObject'));
    });

  it('refuses a bucket of another region, a taken name and an empty disk before it uploads', async () => {
    await world.open({}, { region: 'eu-west-1' });
    assert.match(
      String((await world.importing(world.options())).error),
      /is in eu-west-1, but the image is to be imported in us-east-1/,
    );
    writeFileSync(world.disk, '');
    assert.match(String((await world.importing(world.options())).error), /disk\.raw is empty/);
    assert.match(
      String((await world.importing(world.options(), { files: [join(world.folder(), 'gone.raw')] })).error),
      /cannot be read/,
    );
    assert.ok(!world.s3.calls.includes('PutObject'));
  });

  it('refuses a name that is taken before it uploads', async () => {
    await world.open();
    await world.importing(world.options({ ami_name: 'web' }));
    const before = world.s3.calls.length;
    const { error } = await world.importing(world.options({ ami_name: 'web' }));
    assert.match(String(error), /the name "web" is taken by image ami-/);
    assert.equal(world.s3.calls.length, before);
    assert.deepEqual(leaks(world.ec2), {});
  });

  it('says which permission an upload lacks, and leaves nothing to undo', async () => {
    await world.open({}, { refuse: called => (called === 'CreateMultipartUpload' ? 'AccessDenied' : undefined) });
    writeFileSync(world.disk, Buffer.alloc(9 * MIB, 1));
    const { error, run } = await world.importing(world.options());
    assert.match(String(error), /S3 refused CreateMultipartUpload/);
    assert.match(String((error as { hint?: string }).hint), /lack s3:PutObject/);
    assert.deepEqual(
      run.resources.log.map(one => one.state),
      ['not-created'],
    );
  });

  it('says which S3 could not be reached', async () => {
    await world.open();
    process.env['AWS_ENDPOINT_URL_S3'] = 'http://127.0.0.1:1';
    const { error } = await world.importing(world.options());
    assert.match(String(error), /S3 in us-east-1 could not be reached at http:..127\.0\.0\.1:1/);
    assert.match(String((error as { hint?: string }).hint), /AWS_ENDPOINT_URL_S3/);
  });

  it('tells of a role that is missing what to do', async () => {
    const message = 'The service role vmimport provided does not exist or does not have sufficient permissions';
    await world.open({
      faults: { faults: [{ kind: 'error', actions: ['ImportImage'], code: 'InvalidParameter', message }] },
    });
    const { error } = await world.importing(world.options());
    assert.match(String((error as { hint?: string }).hint), /role vmimport/);
    assert.deepEqual(world.left(), NOTHING);
  });
});
