import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { undoResource } from '../../../src/aws/undo.ts';
import type { ResourceRef } from '../../../src/sdk/resources.ts';
import { callsOf } from '../../helpers/ebs-bake.ts';
import { importWorld, MIB, NOTHING } from './world.ts';

describe('amazon-import, undone', () => {
  const world = importWorld();

  for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'DeleteObject'])
    for (const moment of ['received', 'done'] as const)
      it(`leaves nothing when it is cancelled at ${operation} (${moment})`, async () => {
        const controller = new AbortController();
        await world.open(
          {},
          {
            onCall: (at, called) => {
              if (at === moment && called === operation) controller.abort(new Error('stop'));
              return undefined;
            },
          },
        );
        writeFileSync(world.disk, Buffer.alloc(40 * MIB, 1));
        const { error, undoFailures } = await world.importing(world.options({ ami_name: 'web' }), {
          signal: controller.signal,
        });
        assert.match(String(error), /stop/);
        assert.deepEqual(undoFailures, []);
        assert.deepEqual(world.left(), NOTHING);
      });

  for (const action of ['ImportImage', 'DescribeImportImageTasks', 'CopyImage', 'CreateTags'])
    for (const moment of ['received', 'done'] as const)
      it(`leaves nothing when it is cancelled at ${action} (${moment})`, async () => {
        const controller = new AbortController();
        await world.open({
          timing: { importTask: action === 'DescribeImportImageTasks' ? 60_000 : 0 },
          onCall: (at, called) => {
            if (at === moment && called === action) controller.abort(new Error('stop'));
            return undefined;
          },
        });
        const { error, undoFailures } = await world.importing(world.options({ ami_name: 'web' }), {
          signal: controller.signal,
        });
        assert.match(String(error), /stop/);
        assert.deepEqual(undoFailures, []);
        assert.deepEqual(world.left(), NOTHING);
        if (action === 'DescribeImportImageTasks') assert.equal(callsOf(world.ec2, 'CancelImportTask').length, 1);
      });

  it('keeps an older object of that key when its own upload is refused or cancelled', async () => {
    const controller = new AbortController();
    await world.open(
      {},
      {
        onCall: (_, called) => {
          if (called === 'UploadPart') controller.abort(new Error('stop'));
          return undefined;
        },
      },
    );
    world.s3.put('disks/some/disk.raw', 'older');
    writeFileSync(world.disk, Buffer.alloc(9 * MIB, 1));
    await world.importing(world.options(), { signal: controller.signal });
    assert.equal(world.s3.objects.get('disks/some/disk.raw')?.body.toString(), 'older');
    assert.equal(world.s3.uploads.size, 0);
  });

  it('removes the version it made, in a bucket with versions', async () => {
    await world.open({}, { versions: true });
    const { error } = await world.importing(world.options());
    assert.ifError(error);
    assert.deepEqual(world.left().objects, []);
  });

  it('uploads as somebody who may neither look at the bucket nor list its uploads', async () => {
    await world.open({}, { refuse: called => (/^(Head|List)/.test(called) ? 'AccessDenied' : undefined) });
    const { error, undoFailures } = await world.importing(world.options());
    assert.ifError(error);
    assert.deepEqual(undoFailures, []);
    assert.deepEqual(world.left().objects, []);
  });

  describe('undone from plain data alone', () => {
    const undo = (ref: Omit<ResourceRef, 'account'>) =>
      undoResource(
        {
          recordedAt: '2020-01-01T00:00:00Z',
          ...ref,
          account: { region: world.ec2.region, endpoint: world.ec2.endpoint },
        },
        AbortSignal.timeout(60_000),
      );

    it('the object and unfinished uploads, wherever the S3 was', async () => {
      await world.open();
      const { run } = await world.importing(world.options({ skip_clean: true }));
      const ref = run.resources.log.find(one => one.ref.kind === 's3:object')?.ref;
      assert.ok(ref);
      process.env['AWS_ENDPOINT_URL_S3'] = 'http://127.0.0.1:1';
      await undo(ref);
      assert.deepEqual(world.left().objects, []);
      await undo(ref);
    });

    it('an import that goes on, found by its token, and none of somebody else', async () => {
      await world.open({ timing: { importTask: 60_000 } });
      const stop = new AbortController();
      const going = world.importing(world.options(), { signal: stop.signal });
      while (callsOf(world.ec2, 'DescribeImportImageTasks').length === 0)
        await new Promise(done => setTimeout(done, 20));
      await undo({ kind: 'ec2:import-task', token: 'another' });
      assert.equal(callsOf(world.ec2, 'CancelImportTask').length, 0);
      await undo({ kind: 'ec2:import-task', token: String(callsOf(world.ec2, 'ImportImage')[0]?.['ClientToken']) });
      assert.equal(callsOf(world.ec2, 'CancelImportTask').length, 1);
      const { error } = await going;
      assert.match(String(error), /could not import .*the build has ended/);
    });

    it('never the image of a finished import', async () => {
      await world.open();
      const { run } = await world.importing(world.options());
      const task = run.resources.log.find(one => one.ref.kind === 'ec2:import-task')?.ref;
      assert.ok(task?.token);
      await undo({ kind: 'ec2:import-task', token: task.token });
      assert.equal(world.ec2.state().images.length, 1);
    });
  });
});
