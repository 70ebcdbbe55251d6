import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createAws } from '../../../src/aws/client/index.ts';
import type { AccessOptions } from '../../../src/aws/options/index.ts';

interface Request {
  readonly action: string;
  readonly region: string;
  readonly key: string;
  readonly date: string;
  readonly token: string | undefined;
  readonly form: URLSearchParams;
}
type Answer = { readonly status?: number; readonly body: string; readonly headers?: Record<string, string> };

const never = new AbortController().signal;
const REGIONS =
  '<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName></item></regionInfo></DescribeRegionsResponse>';
const failure = (code: string, status = 400): Answer => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>about ${code}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
});

/** An HTTP server that answers with what the test says; it stands for AWS at the other end of the real SDK. */
class Stub {
  readonly requests: Request[] = [];
  answer: (request: Request, count: number) => Answer = () => ({ body: REGIONS });
  readonly #server: Server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.on('data', chunk => {
      text += chunk;
    });
    incoming.on('end', () => {
      const scope = /Credential=([^/]+)\/(\d+)\/([^/]+)\//.exec(incoming.headers.authorization ?? '');
      const form = new URLSearchParams(text);
      const request = {
        action: form.get('Action') ?? '',
        key: scope?.[1] ?? '',
        region: scope?.[3] ?? '',
        date: String(incoming.headers['x-amz-date'] ?? ''),
        token: incoming.headers['x-amz-security-token'] as string | undefined,
        form,
      };
      this.requests.push(request);
      const answer = this.answer(request, this.requests.length);
      outgoing.writeHead(answer.status ?? 200, { 'content-type': 'text/xml', ...answer.headers });
      outgoing.end(answer.body);
    });
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('the AWS client', () => {
  let stub: Stub;
  let endpoint: string;
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  beforeEach(async () => {
    environment = { ...process.env };
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    folder = mkdtempSync(join(tmpdir(), 'kiln-aws-'));
    process.env.AWS_CONFIG_FILE = join(folder, 'config');
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials');
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
    stub = new Stub();
    endpoint = await stub.start();
  });

  afterEach(() => {
    stub.close();
    rmSync(folder, { recursive: true });
    process.env = environment;
  });

  const open = (access: AccessOptions = {}, local = false) =>
    createAws(
      { region: 'eu-west-1', access_key: 'AKTEST', secret_key: 'secret', custom_endpoint_ec2: endpoint, ...access },
      { local, secret: () => {} },
    );

  it('uses the custom endpoint for every region, signing for that region', async () => {
    const aws = await open();
    await aws.ec2().describeRegions({}, never);
    await aws.ec2('us-west-2').describeRegions({}, never);
    assert.deepEqual(
      stub.requests.map(one => one.region),
      ['eu-west-1', 'us-west-2'],
    );
    assert.equal(aws.ec2('us-west-2').account.endpoint, endpoint);
  });

  it('keeps one region’s own AWS address to that region', async () => {
    const aws = await open({ custom_endpoint_ec2: 'https://ec2.eu-west-1.amazonaws.com' });
    assert.equal(aws.ec2().account.endpoint, 'https://ec2.eu-west-1.amazonaws.com');
    assert.equal(aws.ec2('us-west-2').account.endpoint, undefined);
  });

  for (const name of ['AWS_ENDPOINT_URL_EC2', 'AWS_ENDPOINT_URL']) {
    it(`takes the endpoint from ${name}`, async () => {
      process.env[name] = endpoint;
      const aws = await open({ custom_endpoint_ec2: undefined });
      await aws.ec2().describeRegions({}, never);
      assert.equal(stub.requests.length, 1);
    });
  }

  it('takes credentials and region from the environment', async () => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'AKENV',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_SESSION_TOKEN: 'tok',
      AWS_REGION: 'us-east-2',
    });
    const aws = await open({ access_key: undefined, secret_key: undefined, region: undefined });
    await aws.ec2().describeRegions({}, never);
    assert.deepEqual(
      stub.requests.map(one => [one.key, one.region, one.token]),
      [['AKENV', 'us-east-2', 'tok']],
    );
  });

  it('takes credentials and region from a profile', async () => {
    writeFileSync(join(folder, 'config'), '[default]\nregion = us-east-1\n[profile work]\nregion = ap-south-1\n');
    writeFileSync(join(folder, 'credentials'), '[work]\naws_access_key_id = AKPROFILE\naws_secret_access_key = y\n');
    const aws = await open({ access_key: undefined, secret_key: undefined, region: undefined, profile: 'work' });
    await aws.ec2().describeRegions({}, never);
    assert.deepEqual(
      stub.requests.map(one => [one.key, one.region]),
      [['AKPROFILE', 'ap-south-1']],
    );
  });

  it('reads another credentials file', async () => {
    const file = join(folder, 'others');
    writeFileSync(file, '[work]\naws_access_key_id = AKFILE\naws_secret_access_key = y\n');
    const aws = await open({
      access_key: undefined,
      secret_key: undefined,
      profile: 'work',
      shared_credentials_file: file,
    });
    await aws.ec2().describeRegions({}, never);
    assert.equal(stub.requests[0]?.key, 'AKFILE');
  });

  it('takes on a role with external id, code and tags', async () => {
    process.env.AWS_ENDPOINT_URL_STS = endpoint;
    stub.answer = request =>
      request.action === 'AssumeRole'
        ? {
            body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>AKROLE</AccessKeyId><SecretAccessKey>rolesecret</SecretAccessKey><SessionToken>roletoken</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
          }
        : { body: REGIONS };
    const secrets: string[] = [];
    const aws = await createAws(
      {
        region: 'eu-west-1',
        access_key: 'AKBASE',
        secret_key: 's',
        custom_endpoint_ec2: endpoint,
        mfa_code: '123456',
        assume_role: {
          role_arn: 'arn:aws:iam::1:role/r',
          external_id: 'ext',
          session_name: 'me',
          duration_seconds: 900,
          tags: { team: 'web' },
        },
      },
      { local: false, secret: value => void secrets.push(value) },
    );
    await aws.ec2().describeRegions({}, never);
    await aws.ec2('us-west-2').describeRegions({}, never);
    const [assume, ...calls] = stub.requests;
    assert.equal(assume?.key, 'AKBASE');
    assert.deepEqual(
      ['RoleArn', 'ExternalId', 'RoleSessionName', 'DurationSeconds', 'TokenCode', 'Tags.member.1.Key'].map(name =>
        assume?.form.get(name),
      ),
      ['arn:aws:iam::1:role/r', 'ext', 'me', '900', '123456', 'team'],
    );
    assert.deepEqual(
      calls.map(one => [one.key, one.token]),
      [
        ['AKROLE', 'roletoken'],
        ['AKROLE', 'roletoken'],
      ],
    );
    assert.deepEqual(secrets, ['rolesecret', 'roletoken']);
  });

  /** What STS answers to AssumeRole and its like. */
  const session = (action: string, key: string, expires = '2099-01-01T00:00:00Z'): Answer => ({
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>rolesecret</SecretAccessKey><SessionToken>roletoken</SessionToken><Expiration>${expires}</Expiration></Credentials></${action}Result></${action}Response>`,
  });

  it('takes on a role by web identity, as in a pod or a pipeline', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'the.web.token');
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_STS: endpoint,
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/pod',
      AWS_REGION: 'eu-west-1',
    });
    stub.answer = ({ action }) => (action.startsWith('Assume') ? session(action, 'AKWEB') : { body: REGIONS });
    const aws = await open({ access_key: undefined, secret_key: undefined });
    await aws.ec2().describeRegions({}, never);
    const [assume, call] = stub.requests;
    assert.deepEqual(
      [assume?.action, assume?.key, assume?.form.get('WebIdentityToken'), assume?.form.get('RoleArn')],
      ['AssumeRoleWithWebIdentity', '', 'the.web.token', 'arn:aws:iam::1:role/pod'],
    );
    assert.deepEqual([call?.key, call?.token], ['AKWEB', 'roletoken']);
  });

  describe('with a profile that wants MFA', () => {
    const profile = { access_key: undefined, secret_key: undefined, profile: 'work' };
    beforeEach(() => {
      process.env.AWS_ENDPOINT_URL_STS = endpoint;
      const serial = 'arn:aws:iam::1:mfa/me';
      writeFileSync(
        join(folder, 'config'),
        `[profile work]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nmfa_serial = ${serial}\nregion = eu-west-1\n`,
      );
      writeFileSync(join(folder, 'credentials'), '[base]\naws_access_key_id = AKBASE\naws_secret_access_key = y\n');
      stub.answer = ({ action }) => (action === 'AssumeRole' ? session(action, 'AKMFA') : { body: REGIONS });
    });

    it('sends the device and mfa_code', async () => {
      await (await open({ ...profile, mfa_code: '654321' })).ec2().describeRegions({}, never);
      const [assume, call] = stub.requests;
      assert.deepEqual(
        ['SerialNumber', 'TokenCode', 'RoleArn'].map(name => assume?.form.get(name)),
        ['arn:aws:iam::1:mfa/me', '654321', 'arn:aws:iam::1:role/r'],
      );
      assert.equal(call?.key, 'AKMFA');
    });

    it('says that mfa_code is missing', async () => {
      const call = (await open(profile)).ec2().describeRegions({}, never);
      await assert.rejects(call, {
        message: /^no usable AWS credentials: Profile work requires multi-factor authentication$/,
        hint: /^set mfa_code/,
      });
      assert.equal(stub.requests.length, 0);
    });
  });

  it('takes on its role anew once, however many calls find that the old session ends soon', async () => {
    process.env.AWS_ENDPOINT_URL_STS = endpoint;
    const soon = new Date(Date.now() + 60_000).toISOString();
    let roles = 0;
    stub.answer = ({ action }) => {
      if (action !== 'AssumeRole') return { body: REGIONS };
      return ++roles === 1 ? session(action, 'AKOLD', soon) : session(action, 'AKNEW');
    };
    const aws = await open({ assume_role: { role_arn: 'arn:aws:iam::1:role/r' } });
    await aws.credentials();
    const all = await Promise.all(Array.from({ length: 10 }, () => aws.credentials()));
    assert.deepEqual([roles, ...new Set(all.map(one => one.accessKeyId))], [2, 'AKNEW']);
  });

  it('says what to do when there are no credentials', async () => {
    const aws = await open({ access_key: undefined, secret_key: undefined });
    await assert.rejects(aws.ec2().describeRegions({}, never), (error: Error & { hint?: string }) => {
      assert.match(error.message, /no usable AWS credentials/);
      assert.match(error.hint ?? '', /aws configure.*--local/s);
      return true;
    });
    assert.equal(stub.requests.length, 0);
  });

  it('says what to do when no region is named', async () => {
    await assert.rejects(open({ region: undefined }), /nothing says which AWS region/);
  });

  it('says which endpoint cannot be reached', async () => {
    const aws = await open({ custom_endpoint_ec2: 'http://127.0.0.1:9' });
    await assert.rejects(aws.ec2().describeRegions({}, never), /could not be reached at http:\/\/127\.0\.0\.1:9/);
  });

  it('says that AWS does not accept the credentials', async () => {
    stub.answer = () => failure('AuthFailure', 401);
    const aws = await open();
    await assert.rejects(aws.ec2().describeRegions({}, never), { kind: 'credentials' });
    assert.equal(stub.requests.length, 1);
  });

  it('sits out throttling and passing failures, as often as max_retries says', async () => {
    stub.answer = (_, count) => (count < 3 ? failure('RequestLimitExceeded', 503) : { body: REGIONS });
    await (await open()).ec2().describeRegions({}, never);
    assert.equal(stub.requests.length, 3);
    stub.answer = () => failure('InternalError', 500);
    await assert.rejects((await open({ max_retries: 2 })).ec2('us-east-1').describeRegions({}, never), {
      kind: 'transient',
    });
    assert.equal(stub.requests.length, 5);
  });

  it('corrects for a clock that is off', async () => {
    const real = new Date(Date.now() + 3_600_000);
    stub.answer = request => {
      const sent = Date.parse(request.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
      const headers = { date: real.toUTCString() };
      return Math.abs(sent - real.getTime()) > 300_000
        ? { ...failure('RequestExpired'), headers }
        : { body: REGIONS, headers };
    };
    await (await open()).ec2().describeRegions({}, never);
    assert.equal(stub.requests.length, 2);
  });

  it('gets new credentials when they run out in the middle', async () => {
    const file = join(folder, 'credentials');
    writeFileSync(file, '[default]\naws_access_key_id = AKOLD\naws_secret_access_key = y\n');
    stub.answer = request => {
      if (request.key === 'AKNEW') return { body: REGIONS };
      writeFileSync(file, '[default]\naws_access_key_id = AKNEW\naws_secret_access_key = y\n');
      return failure('ExpiredToken');
    };
    const aws = await open({ access_key: undefined, secret_key: undefined });
    await aws.ec2().describeRegions({}, never);
    assert.deepEqual(
      stub.requests.map(one => one.key),
      ['AKOLD', 'AKNEW'],
    );
  });

  it('locally uses the endpoint and keys of the environment, whatever the template says', async () => {
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'AKLOCAL',
      AWS_SECRET_ACCESS_KEY: 'l',
    });
    const aws = await open(
      { profile: 'prod', custom_endpoint_ec2: 'https://elsewhere.example', region: 'us-gov-west-1' },
      true,
    );
    await aws.ec2().describeRegions({}, never);
    assert.deepEqual(
      stub.requests.map(one => [one.key, one.region]),
      [['AKLOCAL', 'us-gov-west-1']],
    );
  });

  it('shares one handle among builds with the same access', async () => {
    assert.equal(await open(), await open());
    assert.notEqual(await open(), await open({ profile: 'other' }));
  });

  it('reads the pace of waits from options and environment', async () => {
    assert.deepEqual((await open()).polling, {});
    assert.deepEqual((await open({ aws_polling: { max_attempts: 5 } })).polling, { delay: 2000, longest: 10_000 });
    Object.assign(process.env, { AWS_POLL_DELAY_SECONDS: '7', AWS_TIMEOUT_SECONDS: '30' });
    assert.deepEqual((await open()).polling, { delay: 7000, longest: 30_000 });
    process.env.AWS_MAX_ATTEMPTS = '4';
    assert.deepEqual((await open()).polling, { delay: 7000, longest: 28_000 });
    assert.deepEqual((await open({ aws_polling: { delay_seconds: 1, max_attempts: 9 } })).polling, {
      delay: 1000,
      longest: 9000,
    });
    process.env.AWS_MAX_ATTEMPTS = 'many';
    assert.deepEqual((await open()).polling, { delay: 7000, longest: 30_000 });
  });
});
