import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateImageCommand,
  CreateKeyPairCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { after, before, describe, it } from 'mocha';
import {
  findRunningLocalEc2,
  importImage,
  listImages,
  removeImage,
  startLocalEc2,
} from '../../../src/local-ec2/index.ts';
import { lockStore } from '../../../src/local-ec2/store/lock.ts';
import { eventually, PUBLIC_IMAGE, testEc2 } from '../helpers.ts';

describe('local EC2: the store', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-store-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('keeps what was made, for the next process', async () => {
    const storeDir = join(folder, 'kept');
    const first = await testEc2({ storeDir });
    await first.client().send(new CreateKeyPairCommand({ KeyName: 'kept' }));
    const { accountId, credentials } = first.server;
    await first.close();
    const second = await testEc2({ storeDir });
    const { KeyPairs } = await second.client().send(new DescribeKeyPairsCommand({}));
    assert.deepEqual(
      KeyPairs?.map(one => one.KeyName),
      ['kept'],
    );
    assert.equal(second.server.accountId, accountId);
    assert.deepEqual(second.server.credentials, credentials);
    await second.close();
  });

  it('keeps credentials and state to their owner', async () => {
    const storeDir = join(folder, 'private');
    await (await testEc2({ storeDir })).close();
    assert.equal((await stat(storeDir)).mode & 0o777, 0o700);
    for (const file of ['credentials.json', 'state.json'])
      assert.equal((await stat(join(storeDir, file))).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(storeDir)).sort(), ['credentials.json', 'state.json']);
  });

  it('is used by one kiln at a time, and freed by close', async () => {
    const storeDir = join(folder, 'locked');
    const ec2 = await testEc2({ storeDir });
    await assert.rejects(startLocalEc2({ storeDir, machines: 'none' }), { name: 'KilnError', code: 'store-in-use' });
    await ec2.close();
    await (await testEc2({ storeDir })).close();
  });

  it('names the process that holds it, and takes over from a dead one', async () => {
    const storeDir = join(folder, 'stale');
    await mkdir(storeDir);
    const lock = new URL('../../../src/local-ec2/store/lock.ts', import.meta.url).href;
    const script = `import(${JSON.stringify(lock)}).then(m => m.lockStore(${JSON.stringify(storeDir)})).then(() => { console.log('locked'); setInterval(() => {}, 1000); })`;
    const holder = spawn(process.execPath, ['--import', 'tsx', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      await assert.rejects(lockStore(storeDir), {
        code: 'store-in-use',
        message: `another kiln is using the store "${storeDir}" (pid ${holder.pid})`,
      });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    const release = await lockStore(storeDir);
    await release();
    assert.deepEqual(await readdir(storeDir), []);
  });

  it('gives a stale lock to one of many that want it', async () => {
    const storeDir = join(folder, 'race');
    await mkdir(storeDir);
    await writeFile(join(storeDir, 'lock'), '{"pid":1,"started":"never","boot":"another","nonce":"x"}');
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockStore(storeDir)));
    assert.equal(results.filter(one => one.status === 'fulfilled').length, 1);
  });

  it('refuses a store of a newer version and a damaged one, and leaves both as they are', async () => {
    for (const [name, text, code] of [
      ['newer', '{"version":99}', 'store-too-new'],
      ['damaged', '{"version":1,"regions":[', 'store-damaged'],
      ['strange', '{"version":1,"regions":{"us-east-1":{"images":7}}}', 'store-damaged'],
      ['empty', '', 'store-damaged'],
    ] as const) {
      const storeDir = join(folder, name);
      await mkdir(storeDir);
      await writeFile(join(storeDir, 'state.json'), text);
      await assert.rejects(startLocalEc2({ storeDir, machines: 'none' }), { name: 'KilnError', code });
      assert.equal(await readFile(join(storeDir, 'state.json'), 'utf8'), text);
      assert.deepEqual(await readdir(storeDir), ['state.json']);
    }
    const storeDir = join(folder, 'bad-key');
    await mkdir(storeDir);
    await writeFile(join(storeDir, 'credentials.json'), '{}');
    await assert.rejects(startLocalEc2({ storeDir, machines: 'none' }), { code: 'store-damaged' });
  });

  it('shows instances of a killed process as terminated, and frees their volumes', async () => {
    const storeDir = join(folder, 'killed');
    const ec2 = await testEc2({ storeDir });
    const { Instances } = await ec2
      .client()
      .send(new RunInstancesCommand({ ImageId: PUBLIC_IMAGE, MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' }));
    const id = Instances?.[0]?.InstanceId ?? '';
    // What the disk has now is what a SIGKILL would leave.
    const left = await readFile(join(storeDir, 'state.json'));
    await ec2.close();
    await writeFile(join(storeDir, 'state.json'), left);
    const again = await testEc2({ storeDir });
    const { Reservations } = await again.client().send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    assert.equal(Reservations?.[0]?.Instances?.[0]?.State?.Name, 'terminated');
    assert.deepEqual(again.server.state().volumes, []);
    await again.close();
  });

  it('fails an image whose snapshot a killed process never finished', async () => {
    const storeDir = join(folder, 'half');
    const ec2 = await testEc2({ storeDir, timing: { image: 60_000 } });
    const client = ec2.client();
    const { Instances } = await client.send(
      new RunInstancesCommand({ ImageId: PUBLIC_IMAGE, MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' }),
    );
    const InstanceId = Instances?.[0]?.InstanceId ?? '';
    await eventually(async () => ec2.server.state().instances[0]?.state === 'running');
    const { ImageId = '' } = await client.send(new CreateImageCommand({ InstanceId, Name: 'half' }));
    await ec2.close();
    const state = JSON.parse(await readFile(join(storeDir, 'state.json'), 'utf8'));
    for (const one of Object.values<{ content: object }>(state.regions['us-east-1'].snapshots)) one.content = {};
    await writeFile(join(storeDir, 'state.json'), JSON.stringify(state));
    const again = await testEc2({ storeDir });
    const { Images } = await again.client().send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    assert.equal(Images?.[0]?.State, 'failed');
    assert.match(Images?.[0]?.StateReason?.Message ?? '', /ended while the image was made/);
    await again.close();
  });

  it('is found by other processes only when it is published', async () => {
    const storeDir = join(folder, 'published');
    const quiet = await testEc2({ storeDir });
    assert.equal(await findRunningLocalEc2(storeDir), undefined);
    await quiet.close();
    const loud = await testEc2({ storeDir, published: true });
    const found = await findRunningLocalEc2(storeDir);
    assert.equal(found?.endpoint, loud.server.endpoint);
    assert.deepEqual(found?.credentials, loud.server.credentials);
    await loud.close();
    assert.equal(await findRunningLocalEc2(storeDir), undefined);
    assert.equal(await findRunningLocalEc2(join(folder, 'nowhere')), undefined);
  });

  it('imports, lists and removes images without an endpoint', async () => {
    const storeDir = join(folder, 'images');
    const rootfs = join(folder, 'rootfs');
    await mkdir(rootfs, { recursive: true });
    const hollow = (await import('../../../src/local-ec2/machines/none.ts')).createHollowMachines();
    const options = { storeDir, machines: hollow, source: rootfs, name: 'debian-12-amd64-base', owner: 'amazon' };
    const id = await importImage(options);
    await assert.rejects(importImage(options), /already has an image named/);
    await assert.rejects(importImage({ ...options, name: 'other', source: join(folder, 'missing') }), /does not exist/);
    await assert.rejects(importImage({ ...options, name: 'a:b' }), /cannot be the name/);
    await assert.rejects(importImage({ ...options, name: 'xyz', owner: 'me' }), /cannot be the owner/);
    const [only, ...others] = await listImages(storeDir);
    assert.deepEqual(
      [only?.imageId, only?.name, only?.owner, only?.loginUser, others.length],
      [id, 'debian-12-amd64-base', 'amazon', 'admin', 0],
    );

    const ec2 = await testEc2({ storeDir });
    for (const region of ['us-east-1', 'eu-west-1']) {
      const search = { Owners: ['amazon'], Filters: [{ Name: 'name', Values: ['debian-12-*'] }] };
      const { Images } = await ec2.client(region).send(new DescribeImagesCommand(search));
      assert.deepEqual(
        Images?.map(one => one.ImageId),
        [id],
        region,
      );
    }
    assert.deepEqual(ec2.notices, []);
    assert.equal((await listImages(storeDir)).length, 1);
    await ec2.server.removeImage(id);
    await assert.rejects(ec2.server.removeImage(id), /has no image/);
    await ec2.close();
    assert.deepEqual(await listImages(storeDir), []);
    await assert.rejects(removeImage(storeDir, id), { name: 'KilnError' });
  });
});
