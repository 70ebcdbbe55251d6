import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { type LocalEc2, startLocalEc2 } from '../../src/local-ec2/index.ts';
import { finish, Scratch } from '../helpers/kiln.ts';
import { type S3Server, startS3 } from '../helpers/s3-server.ts';

/** Nine MiB: two parts. */
const DISK = 'x'.repeat(9 * 1024 * 1024);

describe('an import killed with SIGKILL', function () {
  this.timeout(120_000);

  /** Builds, kills at the nth call of a kind, collects. Gives what is left. */
  async function killedAt(
    moment: 'received' | 'done',
    action: string,
    nth = 1,
  ): Promise<{ images: (string | undefined)[]; snapshots: number; objects: number; uploads: number; gc: string }> {
    const scratch = new Scratch();
    let child: ChildProcess | undefined;
    let seen = 0;
    const strike = (at: 'received' | 'done', called: string): 'drop' | undefined => {
      if (!child || at !== moment || called !== action || ++seen !== nth) return undefined;
      child.kill('SIGKILL');
      return 'drop';
    };
    let ec2: LocalEc2 | undefined;
    let s3: S3Server | undefined;
    try {
      ec2 = await startLocalEc2({ storeDir: join(scratch.dir, 'ec2'), machines: 'none', onCall: strike });
      s3 = await startS3({ buckets: ['disks'], onCall: strike });
      const env = {
        AWS_ENDPOINT_URL: ec2.endpoint,
        AWS_ENDPOINT_URL_S3: s3.endpoint,
        AWS_ACCESS_KEY_ID: ec2.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ec2.credentials.secretAccessKey,
        AWS_REGION: ec2.region,
      };
      scratch.write('disk', DISK);
      scratch.write('t.json', {
        builders: [{ type: 'file', source: 'disk', target: 'disk.raw' }],
        'post-processors': [{ type: 'amazon-import', s3_bucket_name: 'disks', format: 'raw', ami_name: 'web' }],
      });
      child = scratch.start(['build', 't.json'], env);
      const built = await finish(child);
      child = undefined;
      assert.equal(built.signal, 'SIGKILL', `${built.stdout}\n${built.stderr}`);
      const gc = await scratch.run(['gc', '-yes'], env);
      assert.equal(gc.code, 0, `${gc.stdout}\n${gc.stderr}`);
      const { images, snapshots } = ec2.state();
      const names = images.map(one => one.name);
      return {
        images: names,
        snapshots: snapshots.length,
        objects: s3.objects.size,
        uploads: s3.uploads.size,
        gc: gc.stdout,
      };
    } finally {
      await ec2?.close();
      await s3?.close();
      scratch.remove();
    }
  }

  for (const [moment, action, nth] of [
    ['done', 'CreateMultipartUpload', 1],
    ['done', 'UploadPart', 2],
    ['done', 'CompleteMultipartUpload', 1],
    ['done', 'ImportImage', 1],
    ['done', 'CreateTags', 1],
    ['done', 'CopyImage', 1],
    ['received', 'CreateTags', 2],
  ] as const)
    it(`leaves nothing after gc: ${action} ${nth} (${moment})`, async () => {
      const { gc, ...left } = await killedAt(moment, action, nth);
      assert.deepEqual(left, { images: [], snapshots: 0, objects: 0, uploads: 0 });
      assert.match(gc, /^Removed /m);
    });

  it('keeps the finished image, and removes what was imported, once it is marked as finished', async () => {
    const { gc: _, ...left } = await killedAt('done', 'CreateTags', 2);
    assert.deepEqual(left, { images: ['web'], snapshots: 1, objects: 0, uploads: 0 });
  });
});
