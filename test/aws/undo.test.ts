import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createAws, type Ec2 } from '../../src/aws/client/index.ts';
import { undoResource } from '../../src/aws/undo.ts';
import { waitForInstance } from '../../src/aws/waits.ts';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import type { ResourceRef } from '../../src/sdk/resources.ts';
import { hollowEc2, leaks, minimal, SOURCE } from '../helpers/ebs-bake.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

const signal = new AbortController().signal;
const tags = (kind: string) => [{ ResourceType: kind as 'instance', Tags: [{ Key: 'kiln:run', Value: 'r1' }] }];

describe('undoing a resource from its plain data', () => {
  let server: LocalEc2;
  let ec2: Ec2;
  const environment = { ...process.env };
  beforeEach(async () => {
    server = await hollowEc2(folder());
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      AWS_ENDPOINT_URL_IAM: server.endpoint,
    });
    ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
  });
  afterEach(async () => {
    await server.close();
    process.env = { ...environment };
  });
  const folder = tempFolders();

  const account = () => ({ region: 'us-east-1', endpoint: server.endpoint });
  const undo = (ref: Omit<ResourceRef, 'account'>) => undoResource({ ...ref, account: account() }, signal);
  const launch = async (token = 'tok'): Promise<string> => {
    const reply = await ec2.runInstances(
      {
        ImageId: SOURCE,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        ClientToken: token,
        TagSpecifications: tags('instance'),
      },
      signal,
    );
    return reply.Instances?.[0]?.InstanceId ?? '';
  };
  const image = async (name: string, run = 'r1'): Promise<string> => {
    const InstanceId = await launch(name);
    await waitForInstance(ec2, InstanceId, 'running', signal);
    const { ImageId = '' } = await ec2.createImage(
      {
        InstanceId,
        Name: name,
        TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'kiln:run', Value: run }] }],
      },
      signal,
    );
    await undo({ kind: 'ec2:instance', id: InstanceId });
    return ImageId;
  };

  it('terminates an instance by id, by client token, by tag', async () => {
    await undo({ kind: 'ec2:instance', id: await launch('a') });
    assert.deepEqual(leaks(server), {});
    await launch('b');
    await undo({ kind: 'ec2:instance', token: 'b' });
    assert.deepEqual(leaks(server), {});
    await launch('c');
    await undo({ kind: 'ec2:instance', with: { tag: 'kiln:run=r1' } });
    assert.deepEqual(leaks(server), {});
  });

  it('leaves other instances alone when its own cannot be found', async () => {
    await launch('foreign');
    await Promise.all([
      undo({ kind: 'ec2:instance', token: 'mine' }),
      undo({ kind: 'ec2:instance', with: { tag: 'kiln:run=r2' } }),
      undo({ kind: 'ec2:instance' }),
    ]);
    assert.equal(server.state().instances.length, 1);
  }).timeout(60_000);

  it('deletes the volumes an instance would leave at marked devices, and only those', async () => {
    const mapping = (DeviceName: string) => ({ DeviceName, Ebs: { VolumeSize: 1, DeleteOnTermination: false } });
    const { Instances } = await ec2.runInstances(
      {
        ImageId: SOURCE,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        BlockDeviceMappings: [mapping('/dev/sdf'), mapping('/dev/sdg')],
      },
      signal,
    );
    await undo({ kind: 'ec2:instance', id: Instances?.[0]?.InstanceId ?? '', with: { leftover: '/dev/sdf' } });
    assert.equal(server.state().volumes.length, 1);
  });

  it('deletes key pairs and launch templates by name', async () => {
    await ec2.createKeyPair({ KeyName: 'k' }, signal);
    await ec2.createLaunchTemplate(
      { LaunchTemplateName: 'tpl', LaunchTemplateData: { InstanceType: 't3.micro' } },
      signal,
    );
    await undo({ kind: 'ec2:key-pair', name: 'k' });
    await undo({ kind: 'ec2:launch-template', name: 'tpl' });
    assert.deepEqual(leaks(server), {});
  });

  it('deletes security groups by id and by name', async () => {
    const made = await ec2.createSecurityGroup({ GroupName: 'one', Description: 'd' }, signal);
    await ec2.createSecurityGroup({ GroupName: 'two', Description: 'd' }, signal);
    await undo({ kind: 'ec2:security-group', id: made.GroupId ?? '' });
    await undo({ kind: 'ec2:security-group', name: 'two' });
    assert.deepEqual(leaks(server), {});
  });

  it('removes an image with its snapshots, by id or by name and tag', async () => {
    await undo({ kind: 'ec2:image', id: await image('one') });
    await image('two');
    await undo({ kind: 'ec2:image', name: 'two', with: { tag: 'kiln:run=r1' } });
    assert.deepEqual([server.state().images, server.state().snapshots], [[], []]);
  });

  it('does not remove an image of that name that another run made', async () => {
    await image('same', 'r2');
    await undo({ kind: 'ec2:image', name: 'same', with: { tag: 'kiln:run=r1' } });
    await undo({ kind: 'ec2:image', name: 'same' });
    assert.equal(server.state().images.length, 1);
  }).timeout(60_000);

  it('deletes a snapshot by its description', async () => {
    const instance = await launch();
    const { Volumes = [] } = await ec2.describeVolumes({}, signal);
    await ec2.createSnapshot(
      { VolumeId: Volumes[0]?.VolumeId, Description: 'by kiln', TagSpecifications: tags('snapshot') },
      signal,
    );
    await undo({ kind: 'ec2:snapshot', name: 'by kiln', with: { tag: 'kiln:run=r1' } });
    await undo({ kind: 'ec2:instance', id: instance });
    assert.deepEqual(leaks(server), {});
  });

  it('removes roles, policies and profiles in the order of their making, reversed', async () => {
    const aws = await createAws(minimal(server), { local: false, secret: () => {} });
    const iam = await aws.iam();
    await iam.createInstanceProfile({ InstanceProfileName: 'p' }, signal);
    await iam.createRole(
      { RoleName: 'r', AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' },
      signal,
    );
    await iam.putRolePolicy(
      { RoleName: 'r', PolicyName: 'x', PolicyDocument: '{"Version":"2012-10-17","Statement":[]}' },
      signal,
    );
    await iam.addRoleToInstanceProfile({ RoleName: 'r', InstanceProfileName: 'p' }, signal);
    await undo({ kind: 'iam:role-in-profile', with: { role: 'r', profile: 'p' } });
    await undo({ kind: 'iam:role-policy', name: 'x', with: { role: 'r' } });
    await undo({ kind: 'iam:role', name: 'r' });
    await undo({ kind: 'iam:instance-profile', name: 'p' });
    assert.deepEqual(leaks(server), {});
  });

  it('counts what is gone already as undone', async () => {
    // What was made long ago needs no second look.
    const undo = (ref: Omit<ResourceRef, 'account'>) =>
      undoResource({ ...ref, account: account(), recordedAt: new Date(Date.now() - 3_600_000).toISOString() }, signal);
    await undo({ kind: 'ec2:instance', id: 'i-0123456789abcdef0' });
    await undo({ kind: 'ec2:key-pair', name: 'none' });
    await undo({ kind: 'ec2:security-group', id: 'sg-0123456789abcdef0' });
    await undo({ kind: 'ec2:volume', id: 'vol-0123456789abcdef0' });
    await undo({ kind: 'ec2:snapshot', id: 'snap-0123456789abcdef0' });
    await undo({ kind: 'ec2:image', id: 'ami-0bad0000000000000' });
    await undo({ kind: 'ec2:launch-template', name: 'none' });
    await undo({ kind: 'iam:role', name: 'none' });
    await undo({ kind: 'iam:instance-profile', name: 'none' });
    await undo({ kind: 'iam:role-policy', name: 'none', with: { role: 'none' } });
    await undo({ kind: 'iam:role-in-profile', with: { role: 'none', profile: 'none' } });
  });

  it('says so when it cannot', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
    await assert.rejects(undo({ kind: 'ec2:key-pair', name: 'k' }), { kind: 'credentials' });
    await assert.rejects(undo({ kind: 's3:object', name: 'k' }), /does not say which S3 object/);
    await assert.rejects(undo({ kind: 'ec2:moon' as 'ec2:image' }), /does not know how to remove/);
  });
});
