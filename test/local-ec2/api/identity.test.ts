import assert from 'node:assert/strict';
import { DescribeVpcsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListInstanceProfilesCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { after, before, describe, it } from 'mocha';
import { codeOf, errorOf, PUBLIC_IMAGE, type TestEc2, testEc2 } from '../helpers.ts';

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

describe('local EC2: IAM, STS and SSM on the same port', () => {
  let ec2: TestEc2;
  let iam: IAMClient;
  let sts: STSClient;
  before(async () => {
    ec2 = await testEc2();
    const { endpoint, credentials } = ec2.server;
    iam = new IAMClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
    sts = new STSClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
  });
  after(async () => {
    iam.destroy();
    sts.destroy();
    await ec2.close();
  });

  it('takes a temporary instance profile through its whole life', async () => {
    const name = { InstanceProfileName: 'packer-1' };
    const role = { RoleName: 'packer-1' };
    const dryRun = (): Promise<string> =>
      codeOf(
        ec2.client().send(
          new RunInstancesCommand({
            ImageId: PUBLIC_IMAGE,
            InstanceType: 't3.nano',
            MinCount: 1,
            MaxCount: 1,
            DryRun: true,
            IamInstanceProfile: { Name: 'packer-1' },
          }),
        ),
      );
    await iam.send(new CreateInstanceProfileCommand({ ...name, Tags: [{ Key: 'a', Value: 'b' }] }));
    await iam.send(
      new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: TRUST, Tags: [{ Key: 'a', Value: 'b' }] }),
    );
    await iam.send(new PutRolePolicyCommand({ ...role, PolicyName: 'packer-1', PolicyDocument: TRUST }));
    assert.equal(await dryRun(), 'InvalidParameterValue');
    await iam.send(new AddRoleToInstanceProfileCommand({ ...name, ...role }));
    assert.equal(await dryRun(), 'DryRunOperation');
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand(name));
    assert.deepEqual(
      [InstanceProfile?.Roles?.[0]?.RoleName, InstanceProfile?.Tags],
      ['packer-1', [{ Key: 'a', Value: 'b' }]],
    );
    assert.equal(
      decodeURIComponent(
        (await iam.send(new GetRolePolicyCommand({ ...role, PolicyName: 'packer-1' }))).PolicyDocument ?? '',
      ),
      TRUST,
    );

    assert.equal(
      await codeOf(iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: TRUST }))),
      'EntityAlreadyExistsException',
    );
    assert.match(await codeOf(iam.send(new DeleteRoleCommand(role))), /^DeleteConflict/);
    assert.match(await codeOf(iam.send(new DeleteInstanceProfileCommand(name))), /^DeleteConflict/);
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ ...name, ...role }));
    await iam.send(new DeleteRolePolicyCommand({ ...role, PolicyName: 'packer-1' }));
    await iam.send(new DeleteRoleCommand(role));
    await iam.send(new DeleteInstanceProfileCommand(name));
    assert.match(await codeOf(iam.send(new GetInstanceProfileCommand(name))), /^NoSuchEntity/);
    assert.deepEqual((await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles, []);
    assert.deepEqual([ec2.server.state().roles, ec2.server.state().instanceProfiles], [[], []]);
  });

  it('refuses policies that are none and names that are none', async () => {
    assert.match(
      await codeOf(iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: 'words' }))),
      /^MalformedPolicyDocument/,
    );
    for (const RoleName of ['a b', '__proto__', 'x'.repeat(65)])
      assert.match(
        await codeOf(iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }))),
        /^Validation/,
        RoleName,
      );
  });

  it('tells who is calling', async () => {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
    assert.deepEqual([Account, Arn], [ec2.server.accountId, `arn:aws:iam::${ec2.server.accountId}:user/kiln`]);
  });

  it('gives temporary credentials for a role it has', async () => {
    const arn = `arn:aws:iam::${ec2.server.accountId}:role/baker`;
    const assume = { RoleArn: arn, RoleSessionName: 's' };
    assert.match(await codeOf(sts.send(new AssumeRoleCommand(assume))), /^AccessDenied/);
    await iam.send(new CreateRoleCommand({ RoleName: 'baker', AssumeRolePolicyDocument: TRUST }));
    const { Credentials } = await sts.send(new AssumeRoleCommand(assume));
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
    };
    const call = (sessionToken: string | undefined) =>
      new EC2Client({
        region: 'us-east-1',
        endpoint: ec2.server.endpoint,
        credentials: { ...credentials, ...(sessionToken && { sessionToken }) },
        maxAttempts: 1,
      }).send(new DescribeVpcsCommand({}));
    assert.equal((await call(Credentials?.SessionToken)).Vpcs?.length, 1);
    assert.equal(await codeOf(call('wrong')), 'AuthFailure');
    assert.equal(await codeOf(call(undefined)), 'AuthFailure');
  });

  it('answers public parameters with a stand-in, others not', async () => {
    const ssm = new SSMClient({
      region: 'us-east-1',
      endpoint: ec2.server.endpoint,
      credentials: ec2.server.credentials,
      maxAttempts: 1,
    });
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64' }),
    );
    assert.match(Parameter?.Value ?? '', /^ami-0[0-9a-f]{16}$/);
    const error = await errorOf(ssm.send(new GetParameterCommand({ Name: '/mine' })));
    assert.equal(error.name, 'ParameterNotFound');
    ssm.destroy();
  });
});
