import assert from 'node:assert/strict';
import { CreateImageCommand, DeregisterImageCommand, DescribeImagesCommand, type Image } from '@aws-sdk/client-ec2';
import { describe, it } from 'mocha';
import { codeOf, imageOf, launch, PUBLIC_IMAGE, testEc2, untilState } from './helpers.ts';

type Ec2 = Awaited<ReturnType<typeof testEc2>>;

async function search(ec2: Ec2, Owners: string[], filters: Record<string, string>): Promise<Image[]> {
  const Filters = Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] }));
  return (await ec2.client().send(new DescribeImagesCommand({ Owners, Filters }))).Images ?? [];
}

describe('local EC2: stand-ins for public images', () => {
  it('plays an image that a template names by id, and says so once', async () => {
    await using ec2 = await testEc2();
    const first = await imageOf(ec2.client(), PUBLIC_IMAGE);
    const again = await imageOf(ec2.client(), PUBLIC_IMAGE);
    assert.deepEqual(again, first);
    assert.deepEqual(
      [first.RootDeviceType, first.VirtualizationType, first.Architecture, first.State],
      ['ebs', 'hvm', 'x86_64', 'available'],
    );
    assert.deepEqual(ec2.notices, [`${PUBLIC_IMAGE} is not in the local store: an empty image stands in for it`]);
    assert.deepEqual(ec2.server.state().images, []);
    assert.deepEqual(ec2.server.listImages(), []);
  });

  it('finds what public searches look for, by the names of their publishers', async () => {
    await using ec2 = await testEc2();
    const cases: [string, Record<string, string>, RegExp, string][] = [
      [
        '099720109477',
        {
          name: 'ubuntu/images/*ubuntu-xenial-16.04-amd64-server-*',
          'root-device-type': 'ebs',
          'virtualization-type': 'hvm',
        },
        /^ubuntu\/images\/hvm-ssd\/ubuntu-xenial-16.04-amd64-server-\d{8}$/,
        '/dev/sda1',
      ],
      ['amazon', { name: 'amzn2-ami-hvm-*-x86_64-gp2' }, /^amzn2-ami-hvm-\d{8}-x86_64-gp2$/, '/dev/xvda'],
      ['136693071363', { name: 'debian-12-amd64-*', architecture: 'x86_64' }, /^debian-12-amd64-/, '/dev/xvda'],
      ['aws-marketplace', { name: 'CentOS Linux 7 x86_64*' }, /^CentOS Linux 7 x86_64/, '/dev/sda1'],
      ['309956199498', { name: 'RHEL-9.?.0_HVM-*' }, /^RHEL-9\.0\.0_HVM-/, '/dev/sda1'],
      [
        '099720109477',
        { name: 'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-*', architecture: 'arm64' },
        /arm64/,
        '/dev/sda1',
      ],
    ];
    for (const [owner, filters, name, root] of cases) {
      const images = await search(ec2, [owner], filters);
      assert.equal(images.length, 1, filters['name']);
      assert.match(images[0]?.Name ?? '', name);
      assert.equal(images[0]?.RootDeviceName, root);
      assert.deepEqual(await search(ec2, [owner], filters), images);
      const { InstanceId } = await launch(ec2.client(), { ImageId: images[0]?.ImageId ?? '' });
      await untilState(ec2.client(), InstanceId, 'running');
    }
  });

  it('does not stand in for what is no public image', async () => {
    await using ec2 = await testEc2();
    assert.deepEqual(await search(ec2, ['self'], { name: 'ubuntu*' }), []);
    assert.deepEqual(await search(ec2, ['123456789012'], { name: 'our-base-*' }), []);
    assert.deepEqual(await search(ec2, ['099720109477'], { 'tag:x': 'y' }), []);
    assert.deepEqual(await search(ec2, ['099720109477'], { name: 'ubuntu*', state: 'pending' }), []);
    assert.equal(
      await codeOf(ec2.client().send(new DescribeImagesCommand({ ImageIds: ['ami-0bad1234567890abc'] }))),
      'InvalidAMIID.NotFound',
    );
    assert.equal(
      await codeOf(ec2.client().send(new DescribeImagesCommand({ ImageIds: [PUBLIC_IMAGE], Owners: ['self'] }))),
      'InvalidAMIID.NotFound',
    );
    assert.deepEqual((await ec2.client().send(new DescribeImagesCommand({}))).Images, []);
    assert.deepEqual(ec2.notices, []);
  });

  it('never plays an image that was made or deregistered here', async () => {
    await using ec2 = await testEc2();
    const client = ec2.client();
    const { InstanceId } = await launch(client);
    await untilState(client, InstanceId, 'running');
    const { ImageId = '' } = await client.send(new CreateImageCommand({ InstanceId, Name: 'mine' }));
    await imageOf(client, ImageId);
    // Nor is it played in a region where it is not.
    const elsewhere = ec2.client('eu-west-1').send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    assert.equal(await codeOf(elsewhere), 'InvalidAMIID.NotFound');
    await client.send(new DeregisterImageCommand({ ImageId }));
    assert.equal(
      await codeOf(client.send(new DescribeImagesCommand({ ImageIds: [ImageId] }))),
      'InvalidAMIID.NotFound',
    );
    assert.equal(await codeOf(launch(client, { ImageId })), 'InvalidAMIID.NotFound');
  });

  it('can be switched off', async () => {
    await using ec2 = await testEc2({ standIns: false });
    assert.equal(
      await codeOf(ec2.client().send(new DescribeImagesCommand({ ImageIds: [PUBLIC_IMAGE] }))),
      'InvalidAMIID.NotFound',
    );
    assert.deepEqual(await search(ec2, ['amazon'], { name: 'amzn2-*' }), []);
  });
});
