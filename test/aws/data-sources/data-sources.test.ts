import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateSnapshotCommand, CreateVolumeCommand, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { dataSources } from '../../../src/cli/data-sources.ts';
import { type TestEc2, testEc2 } from '../../local-ec2/helpers.ts';
import { type Loaded, load, showing, shownValue } from '../../template/hcl/blocks/load.ts';

const secrets: string[] = [];
const sources = { dataSources: dataSources({ secret: value => secrets.push(value) }) };

function read(data: string, expression: string): Promise<Loaded> {
  return load(showing(expression, data), { ...sources, evaluateDatasources: true });
}

let environment: NodeJS.ProcessEnv;

function atEndpoint(endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string }): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  });
}

describe('the data source amazon-ami', () => {
  let ec2: TestEc2;

  before(async () => {
    environment = { ...process.env };
    ec2 = await testEc2({ standIns: false });
    atEndpoint(ec2.server.endpoint, ec2.server.credentials);
  });

  after(async () => {
    process.env = environment;
    await ec2?.close();
  });

  const search = (name: string, more = ''): string =>
    `data "amazon-ami" "a" {\n  filters = { name = "${name}" }\n  owners = ["self"]\n${more}}`;

  it('finds the newest image', async () => {
    const ids: (string | undefined)[] = [];
    const { VolumeId } = await ec2.client().send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 8 }));
    const { SnapshotId } = await ec2.client().send(new CreateSnapshotCommand({ VolumeId }));
    for (const name of ['base-1', 'base-2']) {
      const { ImageId } = await ec2.client().send(
        new RegisterImageCommand({
          Name: name,
          RootDeviceName: '/dev/sda1',
          BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId } }],
          TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'k', Value: name }] }],
        }),
      );
      ids.push(ImageId);
    }
    const a = 'data.amazon-ami.a';
    const result = await read(
      search('base-1'),
      `[${a}.id, ${a}.name, ${a}.tags.k, ${a}.owner_name, length(${a}.creation_date) > 10, length(${a}.owner)]`,
    );
    assert.deepEqual(result.found, []);
    assert.deepEqual(shownValue(result), [ids[0], 'base-1', 'base-1', '', true, 12]);
    const several = await read(search('base-*'), `${a}.id`);
    assert.deepEqual(several.found, ['a.pkr.hcl:1 data-source-failed']);
    assert.match(several.diagnostics[0]?.message ?? '', /matches 2 images/);
    assert.match(several.diagnostics[0]?.hint ?? '', /most_recent/);
    const newest = await read(search('base-*', '  most_recent = true\n'), `${a}.id`);
    assert.ok(ids.includes(String(shownValue(newest))));
  });

  it('fails at its block when there is none', async () => {
    const result = await read(search('nothing*'), 'data.amazon-ami.a.id');
    assert.deepEqual(result.found, ['a.pkr.hcl:1 data-source-failed']);
    assert.match(result.diagnostics[0]?.message ?? '', /no image in us-east-1/);
  });

  it('is checked without credentials or network', async () => {
    delete process.env['AWS_ACCESS_KEY_ID'];
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1';
    const good = await load(showing('"${data.amazon-ami.a.id}"', search('x')), sources);
    assert.deepEqual(good.found, []);
    const none = await load(showing('data.amazon-ami.a.id', 'data "amazon-ami" "a" {\n}'), sources);
    assert.deepEqual(none.found, ['a.pkr.hcl:1 missing-option', 'a.pkr.hcl:1 missing-owners']);
    const empty = await load(
      showing(
        'data.amazon-ami.a.id',
        'data "amazon-ami" "a" {\n  filters = {\n    name = ""\n  }\n  owners = ["self"]\n}',
      ),
      sources,
    );
    assert.deepEqual(empty.found, ['a.pkr.hcl:3 bad-filter']);
  });
});

type Answer = (input: Readonly<Record<string, unknown>>) => { status?: number; body: object };

describe('the data sources of Secrets Manager and the Parameter Store', () => {
  let server: Server;
  let answers: Record<string, Answer>;
  let asked: [action: string, input: Readonly<Record<string, unknown>>][];

  beforeEach(async () => {
    environment = { ...process.env };
    answers = {};
    asked = [];
    secrets.length = 0;
    // AWS's JSON protocol: the action in a header, objects in and out.
    server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const action = String(request.headers['x-amz-target']);
      const input = JSON.parse(text) as Readonly<Record<string, unknown>>;
      asked.push([action, input]);
      const { status = 200, body } = answers[action]?.(input) ?? { status: 400, body: { __type: 'UnknownOperation' } };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    atEndpoint(endpoint, { accessKeyId: 'AKTEST', secretAccessKey: 'secret' });
  });

  afterEach(() => {
    process.env = environment;
    server.closeAllConnections();
    server.close();
  });

  const secretIs = (body: object): void => {
    answers['secretsmanager.GetSecretValue'] = () => ({ body: { VersionId: 'v1', ...body } });
  };
  const secret = (more = ''): string => `data "amazon-secretsmanager" "s" {\n  name = "app"\n${more}}`;
  const s = 'data.amazon-secretsmanager.s';

  for (const [title, text, key, value] of [
    ['a text', 'plain', '', 'plain'],
    ['a member of an object', '{"a":"x","b":"y"}', '  key = "b"\n', 'y'],
    ['a number, without its fraction', '{"n":12.7}', '  key = "n"\n', '12'],
    ['nothing for a key that is not there', '{"a":"x"}', '  key = "z"\n', ''],
    ['the only member', '{"a":"x"}', '', 'x'],
  ] as const) {
    it(`gives ${title}`, async () => {
      secretIs({ SecretString: text });
      const result = await read(secret(key), `[${s}.value, ${s}.secret_string, ${s}.version_id]`);
      assert.deepEqual(result.found, []);
      assert.deepEqual(shownValue(result), [value, text, 'v1']);
      assert.ok(secrets.includes(text) && (value === '' || secrets.includes(value)), 'it is masked');
    });
  }

  it('sends one of version_id and version_stage', async () => {
    secretIs({ SecretString: 'x' });
    await read(secret(), `${s}.value`);
    await read(secret('  version_stage = "OLD"\n'), `${s}.value`);
    await read(secret('  version_stage = "OLD"\n  version_id = "1"\n'), `${s}.value`);
    assert.deepEqual(
      asked.map(([, input]) => input),
      [
        { SecretId: 'app', VersionStage: 'AWSCURRENT' },
        { SecretId: 'app', VersionStage: 'OLD' },
        { SecretId: 'app', VersionId: '1' },
      ],
    );
  });

  for (const [title, prepare, message] of [
    ['JSON that is no object', () => secretIs({ SecretString: '[1]' }), /JSON, but not an object/],
    ['a member that is neither text nor number', () => secretIs({ SecretString: '{"a":[]}' }), /neither a text nor/],
    [
      'a secret that is not there',
      () => {
        answers['secretsmanager.GetSecretValue'] = () => ({
          status: 400,
          body: { __type: 'ResourceNotFoundException', message: 'no' },
        });
      },
      /there is no secret "app".*AWSCURRENT/,
    ],
  ] as const) {
    it(`fails at its block: ${title}`, async () => {
      prepare();
      const result = await read(secret(), `${s}.value`);
      assert.deepEqual(result.found, ['a.pkr.hcl:1 data-source-failed']);
      assert.match(result.diagnostics[0]?.message ?? '', message);
    });
  }

  it('reads a parameter, and masks a decrypted one', async () => {
    answers['AmazonSSM.GetParameter'] = () => ({
      body: { Parameter: { Value: 'pv', Version: 3, ARN: 'arn:x', Type: 'SecureString' } },
    });
    const p = 'data.amazon-parameterstore.p';
    const result = await read(
      'data "amazon-parameterstore" "p" {\n  name = "/a"\n  with_decryption = true\n}',
      `[${p}.value, ${p}.version, ${p}.arn]`,
    );
    assert.deepEqual(result.found, []);
    assert.deepEqual(shownValue(result), ['pv', '3', 'arn:x']);
    assert.deepEqual(asked, [['AmazonSSM.GetParameter', { Name: '/a', WithDecryption: true }]]);
    assert.deepEqual(secrets.includes('pv'), true);
  });

  it('fails at its block when there is no such parameter', async () => {
    answers['AmazonSSM.GetParameter'] = () => ({ status: 400, body: { __type: 'ParameterNotFound' } });
    const result = await read(
      'data "amazon-parameterstore" "p" {\n  name = "/a"\n}',
      'data.amazon-parameterstore.p.value',
    );
    assert.deepEqual(result.found, ['a.pkr.hcl:1 data-source-failed']);
    assert.match(result.diagnostics[0]?.message ?? '', /no parameter "\/a"/);
  });
});
