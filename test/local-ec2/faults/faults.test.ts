import assert from 'node:assert/strict';
import {
  CopyImageCommand,
  CreateImageCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, it } from 'mocha';
import { FaultEngine } from '../../../src/local-ec2/faults/engine.ts';
import {
  FAULT_PLANS,
  type Fault,
  type FaultPlan,
  type FaultPlanResult,
  faultPlanSchema,
  readFaultPlan,
} from '../../../src/local-ec2/faults/index.ts';
import { parseJson } from '../../../src/template/json/parse.ts';
import { codeOf, errorOf, eventually, imageOf, instanceOf, launch, testEc2, untilState } from '../helpers.ts';

const readText = (text: string): FaultPlanResult => {
  const { root } = parseJson({ path: 'plan.json', text });
  assert.ok(root);
  return readFaultPlan(root);
};
const plan = (...faults: Fault[]): { faults: FaultPlan } => ({ faults: { faults } });

describe('local EC2: fault plans as files', () => {
  it('ships fifteen plans, all valid by schema and by reader', () => {
    const validate = new Ajv2020({ strict: false }).compile(faultPlanSchema());
    assert.equal(Object.keys(FAULT_PLANS).length, 15);
    for (const [name, one] of Object.entries(FAULT_PLANS)) {
      assert.ok(validate(one), `${name}: ${JSON.stringify(validate.errors)}`);
      assert.ok(one.description);
      const { plan: read, diagnostics } = readText(JSON.stringify(one));
      assert.deepEqual(diagnostics, [], name);
      assert.deepEqual(read, one);
    }
  });

  it('says what is wrong, and where; the schema refuses the same', () => {
    const validate = new Ajv2020({ strict: false }).compile(faultPlanSchema());
    const error = { kind: 'error', actions: ['*'], code: 'X' };
    const stale = { kind: 'stale-read', resources: ['image'], milliseconds: 1, as: 'empty' };
    // What is wrong, the text that is pointed at, and what is said.
    const cases: [unknown, string, RegExp][] = [
      [[], '[]', /a fault plan must be an object, not a list: write/],
      [{}, '{}', /lacks "faults": write/],
      [{ faults: {} }, '{}', /"faults" must be a list, not an object$/],
      [{ faults: [], sed: 1 }, '"sed"', /unknown field "sed": did you mean "seed"\?$/],
      [{ faults: [], seed: 'x' }, '"x"', /"seed" must be a number, not a string/],
      [{ faults: [], name: null }, 'null', /"name" must be a string, not null/],
      [{ faults: [7] }, '7', /a fault must be an object, not a number$/],
      [{ faults: [{}] }, '{}', /the fault lacks "kind": the kinds are error, latency/],
      [{ faults: [{ kind: 7 }] }, '7', /"kind" must be a string, not a number/],
      [{ faults: [{ kind: 'eror' }] }, '"eror"', /unknown kind of fault "eror": did you mean "error"\?$/],
      [{ faults: [{ kind: 'constructor' }] }, '"constructor"', /unknown kind of fault "constructor"/],
      [
        { faults: [{ kind: 'error', actions: ['*'] }] },
        '{"kind":"error","actions":["*"]}',
        /a fault of kind "error" needs "code"/,
      ],
      [{ faults: [{ ...error, actions: '*' }] }, '"*"', /"actions" must be a list of strings, not a string/],
      [{ faults: [{ ...error, actions: [] }] }, '[]', /"actions" must not be empty/],
      [{ faults: [{ ...error, actions: ['A', 5] }] }, '5', /"actions" must be a list of strings, not a number/],
      [{ faults: [{ ...error, probability: 2 }] }, '2', /"probability" must be at most 1/],
      [{ faults: [{ ...error, times: 1.5 }] }, '1.5', /"times" must be a whole number/],
      [{ faults: [{ ...error, after: -1 }] }, '-1', /"after" must be at least 0/],
      [{ faults: [{ ...error, parameters: { a: 1 } }] }, '1', /"parameters" must be an object of strings/],
      [{ faults: [{ ...error, parameters: [] }] }, '[]', /"parameters" must be an object of strings, not a list/],
      [{ faults: [{ ...stale, resources: ['cow'] }] }, '"cow"', /"resources" must be one of instance, image/],
      [{ faults: [{ ...stale, as: 'emty' }] }, '"emty"', /"as" must be one of .*: did you mean "empty"\?$/],
      [{ faults: [{ ...stale, milliseconds: '5' }] }, '"5"', /"milliseconds" must be a number, not a string/],
    ];
    for (const [value, at, message] of cases) {
      const text = JSON.stringify(value);
      const { plan: read, diagnostics } = readText(text);
      assert.equal(read, undefined);
      const [first, ...more] = diagnostics;
      assert.ok(first?.span && more.length === 0, text);
      assert.equal(first.code, 'bad-fault-plan');
      assert.equal(text.slice(first.span.start, first.span.end), at);
      assert.match(first.hint === undefined ? first.message : `${first.message}: ${first.hint}`, message);
      assert.equal(validate(value), false, text);
    }
  });

  it('says all that is wrong at once', () => {
    const faults = [{ kind: 'eror' }, { kind: 'latency', actions: ['*'], millis: 5 }];
    const { diagnostics } = readText(JSON.stringify({ seed: 'x', faults }));
    assert.deepEqual(
      diagnostics.map(one => one.message),
      [
        '"seed" must be a number, not a string',
        'unknown kind of fault "eror"',
        'unknown field "millis"',
        'a fault of kind "latency" needs "milliseconds"',
      ],
    );
  });
});

describe('local EC2: faults', () => {
  it('are the same for the same seed, and others for another', () => {
    const run = (seed: number): string => {
      const engine = new FaultEngine(
        {
          faults: [
            { kind: 'error', actions: ['*'], code: 'X', probability: 0.5 },
            { kind: 'lost-reply', actions: ['*'], probability: 0.5 },
          ],
        },
        seed,
        () => 0,
      );
      return Array.from({ length: 40 }, () => {
        const { error, loseReply } = engine.fateOf('A', () => undefined);
        return error ? 'e' : loseReply ? 'l' : '.';
      }).join('');
    };
    assert.equal(run(7), run(7));
    assert.notEqual(run(7), run(8));
    assert.match(run(7), /e/);
    assert.match(run(7), /l/);
  });

  it('strike after, times and where they should', async () => {
    await using ec2 = await testEc2(
      plan(
        { kind: 'error', actions: ['DescribeVp?s'], code: 'InternalError', after: 1, times: 2 },
        {
          kind: 'error',
          actions: ['RunInstances'],
          code: 'UnauthorizedOperation',
          status: 403,
          message: 'no',
          parameters: { InstanceType: 't2.*' },
        },
      ),
    );
    const client = ec2.client();
    const vpcs = () =>
      client.send(new DescribeVpcsCommand({})).then(
        () => 'ok',
        (error: Error & { $metadata: { httpStatusCode: number } }) => `${error.name} ${error.$metadata.httpStatusCode}`,
      );
    assert.deepEqual(
      [await vpcs(), await vpcs(), await vpcs(), await vpcs()],
      ['ok', 'InternalError 500', 'InternalError 500', 'ok'],
    );
    const error = await errorOf(launch(client, { InstanceType: 't2.micro' }));
    assert.deepEqual([error.name, error.message, error.$metadata.httpStatusCode], ['UnauthorizedOperation', 'no', 403]);
    await launch(client, { InstanceType: 't3.micro' });
  });

  it('lose the reply after the effect', async () => {
    await using ec2 = await testEc2(plan({ kind: 'lost-reply', actions: ['CreateSecurityGroup'], times: 1 }));
    const client = ec2.client();
    const create = () => client.send(new CreateSecurityGroupCommand({ GroupName: 'lost', Description: 'd' }));
    await assert.rejects(create(), /ECONNRESET|socket hang up|aborted/);
    assert.equal(await codeOf(create()), 'InvalidGroup.Duplicate');
    assert.equal(ec2.server.calls[0]?.outcome, 'reply-lost');
  });

  it('throttle with buckets that fill again', async () => {
    await using ec2 = await testEc2(
      plan({ kind: 'throttle', actions: ['Describe*'], capacity: 3, perSecond: 50, shared: true }),
    );
    const client = ec2.client();
    const call = () =>
      client.send(new DescribeRegionsCommand({})).then(
        () => 'ok',
        (error: Error) => error.name,
      );
    const seen = await Promise.all(Array.from({ length: 12 }, call));
    assert.ok(seen.filter(one => one === 'RequestLimitExceeded').length >= 5, seen.join(' '));
    assert.ok(seen.filter(one => one === 'ok').length >= 3);
    await new Promise(resolve => setTimeout(resolve, 60));
    assert.equal(await call(), 'ok');
  });

  it('hide new resources: not found, missing, or now and then', async () => {
    for (const as of ['not-found', 'empty', 'flip'] as const) {
      await using ec2 = await testEc2(
        plan({ kind: 'stale-read', resources: ['security-group'], milliseconds: 400, as }),
      );
      const client = ec2.client();
      const { GroupId = '' } = await client.send(
        new CreateSecurityGroupCommand({ GroupName: 'new', Description: 'd' }),
      );
      const look = () =>
        client.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] })).then(
          ({ SecurityGroups }) => `${SecurityGroups?.length}`,
          (error: Error) => error.name,
        );
      const first = [await look(), await look(), await look()];
      const expected = {
        'not-found': Array(3).fill('InvalidGroup.NotFound'),
        empty: ['0', '0', '0'],
        flip: ['1', 'InvalidGroup.NotFound', '1'],
      }[as];
      assert.deepEqual(first, expected, as);
      await eventually(async () => (await look()) === '1' && (await look()) === '1');
    }
  });

  it('fail images with a reason, encrypted ones alone when so planned', async () => {
    await using ec2 = await testEc2(
      plan({ kind: 'failed-state', resource: 'image', message: 'no key', code: 'Client.Key', encrypted: true }),
    );
    const client = ec2.client();
    const { InstanceId } = await launch(client);
    await untilState(client, InstanceId, 'running');
    const { ImageId = '' } = await client.send(new CreateImageCommand({ InstanceId, Name: 'plain' }));
    await imageOf(client, ImageId);
    const copy = await client.send(
      new CopyImageCommand({ Name: 'copy', SourceImageId: ImageId, SourceRegion: 'us-east-1', Encrypted: true }),
    );
    assert.deepEqual((await imageOf(client, copy.ImageId ?? '', 'failed')).StateReason, {
      Code: 'Client.Key',
      Message: 'no key',
    });
  });

  it('terminate pending instances, and take running ones away', async () => {
    await using ec2 = await testEc2(
      plan(
        {
          kind: 'failed-state',
          resource: 'instance',
          code: 'Client.VolumeLimitExceeded',
          message: 'Volume limit exceeded',
          times: 1,
        },
        { kind: 'interrupt', milliseconds: 100, only: 'spot' },
      ),
    );
    const client = ec2.client();
    const pending = await launch(client);
    const failed = await untilState(client, pending.InstanceId, 'terminated');
    assert.equal(failed.StateReason?.Code, 'Client.VolumeLimitExceeded');
    const steady = await launch(client);
    const spot = await launch(client, { InstanceMarketOptions: { MarketType: 'spot' } });
    const taken = await untilState(client, spot.InstanceId, 'terminated');
    assert.equal(taken.StateReason?.Code, 'Server.SpotInstanceTermination');
    assert.equal((await instanceOf(client, steady.InstanceId)).State?.Name, 'running');
    assert.equal(ec2.server.state().instances.length, 1);
  });

  it('have no capacity for some types and zones', async () => {
    await using ec2 = await testEc2(plan({ kind: 'no-capacity', types: ['t3.*'], zones: ['us-east-1a'] }));
    const client = ec2.client();
    const error = await errorOf(launch(client, { Placement: { AvailabilityZone: 'us-east-1a' } }));
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], ['InsufficientInstanceCapacity', 500]);
    assert.match(error.message, /sufficient t3\.micro capacity in the Availability Zone you requested \(us-east-1a\)/);
    await launch(client, { Placement: { AvailabilityZone: 'us-east-1b' } });
    await launch(client, { InstanceType: 'm5.large', Placement: { AvailabilityZone: 'us-east-1a' } });
  });

  it('put the clock ahead; the Date header tells by how much', async () => {
    await using ec2 = await testEc2({ faults: { clockOffset: 1800, faults: [] } });
    const { EC2Client } = await import('@aws-sdk/client-ec2');
    const { endpoint, credentials } = ec2.server;
    const late = new EC2Client({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
    assert.equal(await codeOf(late.send(new DescribeVpcsCommand({}))), 'RequestExpired');
    const right = new EC2Client({
      region: 'us-east-1',
      endpoint,
      credentials,
      maxAttempts: 1,
      systemClockOffset: 1_800_000,
    });
    assert.equal((await right.send(new DescribeVpcsCommand({}))).Vpcs?.length, 1);
    late.destroy();
    right.destroy();
  });

  it('keep a group in use for a while', async () => {
    await using ec2 = await testEc2(
      plan({ kind: 'error', actions: ['DeleteSecurityGroup'], code: 'DependencyViolation', milliseconds: 200 }),
    );
    const client = ec2.client();
    const { GroupId = '' } = await client.send(new CreateSecurityGroupCommand({ GroupName: 'busy', Description: 'd' }));
    const remove = () => client.send(new DeleteSecurityGroupCommand({ GroupId }));
    assert.equal(await codeOf(remove()), 'DependencyViolation');
    await eventually(() =>
      remove().then(
        () => true,
        () => false,
      ),
    );
  });

  it('are all playable: each shipped plan starts and answers', async () => {
    for (const faults of Object.values(FAULT_PLANS)) {
      await using ec2 = await testEc2({ faults, seed: 1 });
      await ec2
        .client()
        .send(new DescribeInstancesCommand({}))
        .catch(() => {});
      await launch(ec2.client()).catch(() => {});
      await ec2
        .client()
        .send(new DescribeImagesCommand({ Owners: ['self'] }))
        .catch(() => {});
      assert.equal(ec2.server.calls.length >= 2 || faults.clockOffset !== undefined, true);
    }
  });
});
