import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'mocha';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import { startLocalEc2 } from '../../src/local-ec2/index.ts';
import { type TestEc2, testEc2 } from './helpers.ts';

interface Sent {
  readonly body?: string;
  readonly region?: string;
  readonly service?: string;
  readonly key?: string;
  readonly secret?: string;
  readonly at?: Date;
  readonly host?: string;
  readonly headers?: Record<string, string>;
  /** Sent instead of the signed body. */
  readonly forged?: string;
  readonly method?: string;
  readonly path?: string;
  readonly unsigned?: boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly code: string | undefined;
}

const FORM = 'application/x-www-form-urlencoded; charset=utf-8';

/** Signs and sends by hand, so that each part can be made wrong. */
async function send(server: LocalEc2, options: Sent = {}): Promise<Answer> {
  const {
    body = 'Action=DescribeVpcs&Version=2016-11-15',
    region = 'us-east-1',
    service = 'ec2',
    method = 'POST',
    path = '/',
  } = options;
  const { host } = new URL(server.endpoint);
  const stamp = (options.at ?? new Date()).toISOString().replace(/[-:]|\.\d+/g, '');
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const [target = '/', query = ''] = path.split('?');
  const canonical = `${method}\n${target}\n${query}\ncontent-type:${FORM}\nhost:${host}\nx-amz-date:${stamp}\n\ncontent-type;host;x-amz-date\n${hash(body)}`;
  const scope = [stamp.slice(0, 8), region, service, 'aws4_request'];
  const start = Buffer.from(`AWS4${options.secret ?? server.credentials.secretAccessKey}`);
  const key = scope.reduce<Buffer>((last, part) => createHmac('sha256', last).update(part).digest(), start);
  const text = `AWS4-HMAC-SHA256\n${stamp}\n${scope.join('/')}\n${hash(canonical)}`;
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const credential = `${options.key ?? server.credentials.accessKeyId}/${scope.join('/')}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=content-type;host;x-amz-date, Signature=${signature}`;
  return raw(server, method, path, options.forged ?? body, {
    'content-type': FORM,
    host: options.host ?? host,
    'x-amz-date': stamp,
    ...(!options.unsigned && { authorization }),
    ...options.headers,
  });
}

async function raw(
  server: LocalEc2,
  method: string,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<Answer> {
  const { hostname, port } = new URL(server.endpoint);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, setHost: false }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', chunk => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] }),
      );
    });
    request.on('error', reject);
    request.end(method === 'GET' ? undefined : body);
  });
}

describe('local EC2: the endpoint', () => {
  let ec2: TestEc2;
  let server: LocalEc2;
  before(async () => {
    ec2 = await testEc2();
    server = ec2.server;
  });
  after(() => ec2.close());

  it('answers a request signed with its own key, in XML', async () => {
    const { status, text } = await send(server);
    assert.equal(status, 200);
    assert.match(
      text,
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<DescribeVpcsResponse xmlns="http:\/\/ec2.amazonaws.com\/doc\/2016-11-15\/"><requestId>[0-9a-f-]{36}<\/requestId><vpcSet><item><vpcId>vpc-/,
    );
  });

  it('answers GET too', async () => {
    const { status, text } = await send(server, {
      method: 'GET',
      path: '/?Action=DescribeVpcs&Version=2016-11-15',
      body: '',
    });
    assert.equal(status, 200, text);
  });

  it('refuses unsigned, wrongly signed and foreign requests with AuthFailure', async () => {
    for (const wrong of [
      { unsigned: true },
      { secret: 'x'.repeat(40) },
      { key: 'AKIAAAAAAAAAAAAAAAAA' },
      { forged: 'Action=DescribeInstances&Version=2016-11-15' },
      { region: 'mars-east-1' },
      { service: 's3' },
      { headers: { 'x-amz-security-token': 'x' } },
    ] satisfies Sent[]) {
      const { status, code, text } = await send(server, wrong);
      if ('headers' in wrong) assert.equal(code, 'AuthFailure', text);
      assert.deepEqual([status, code], [401, 'AuthFailure'], JSON.stringify(wrong));
      assert.match(
        text,
        /<Response><Errors><Error><Code>AuthFailure<\/Code><Message>AWS was not able to validate the provided access credentials<\/Message>/,
      );
    }
  });

  it('words the refusals of STS as STS does', async () => {
    const who = { service: 'sts', body: 'Action=GetCallerIdentity&Version=2011-06-15' };
    assert.equal((await send(server, who)).status, 200);
    assert.deepEqual(await pick(send(server, { ...who, secret: 'x'.repeat(40) })), [403, 'SignatureDoesNotMatch']);
    assert.deepEqual(await pick(send(server, { ...who, key: 'AKIAAAAAAAAAAAAAAAAA' })), [403, 'InvalidClientTokenId']);
    const { text } = await send(server, { ...who, body: 'Action=Nothing&Version=2011-06-15' });
    assert.match(text, /<ErrorResponse><Error><Type>Sender<\/Type><Code>InvalidAction<\/Code>/);
  });

  it('refuses requests whose time is a quarter of an hour off', async () => {
    const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
    assert.equal((await send(server, { at: minutes(-14) })).status, 200);
    assert.equal((await send(server, { at: minutes(14) })).status, 200);
    assert.deepEqual(await pick(send(server, { at: minutes(-16) })), [400, 'RequestExpired']);
    assert.deepEqual(await pick(send(server, { at: minutes(16) })), [400, 'RequestExpired']);
  });

  it('answers no other host name, path or method', async () => {
    assert.equal((await send(server, { host: 'evil.example.com' })).status, 403);
    const { port } = new URL(server.endpoint);
    assert.equal((await send(server, { host: `127.0.0.1.evil.example.com:${port}` })).status, 403);
    assert.equal((await send(server, { path: '/latest/meta-data' })).status, 404);
    assert.equal((await send(server, { method: 'PUT' })).status, 405);
  });

  it('answers bad parameters and unknown actions with EC2 codes', async () => {
    const code = async (body: string): Promise<string | undefined> => (await send(server, { body })).code;
    assert.equal(await code('Action=DescribeBicycles&Version=2016-11-15'), 'InvalidAction');
    assert.equal(await code('Action=toString&Version=2016-11-15'), 'InvalidAction');
    assert.equal(await code('Action=DescribeVpcs'), 'MissingParameter');
    assert.equal(await code('Version=2016-11-15'), 'MissingParameter');
    assert.equal(await code('Action=DescribeVpcs&Version=2006-01-01'), 'NoSuchVersion');
    assert.equal(await code('Action=DescribeVpcs&Version=2016-11-15&Frobnicate=1'), 'UnknownParameter');
    assert.equal(await code('Action=DescribeVpcs&Version=2016-11-15&x=%'), 'MalformedQueryString');
    assert.equal(await code('Action=DescribeVpcs&Version=2016-11-15&DryRun=true'), 'DryRunOperation');
  });

  it('survives too large, cut and senseless requests', async () => {
    const large = await send(server, { body: `Action=X&a=${'x'.repeat(1_100_000)}` }).catch((error: unknown) => error);
    // Refused before it is read: the client may see the answer or the closed connection.
    if (!(large instanceof Error)) assert.equal((large as Answer).status, 413);
    await new Promise<void>(resolve => {
      const { port } = new URL(server.endpoint);
      const socket = connect(Number(port), '127.0.0.1', () => socket.end('NONSENSE\r\n\r\n'));
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
      socket.resume();
    });
    assert.equal((await send(server)).status, 200);
  });

  it('listens on 127.0.0.1 alone', async function () {
    const own = Object.values(networkInterfaces()).flatMap(all => all ?? []);
    const outward = own.find(one => !one.internal && one.family === 'IPv4');
    if (!outward) return this.skip();
    const { port } = new URL(server.endpoint);
    await assert.rejects(
      new Promise((resolve, reject) => {
        const socket = connect(Number(port), outward.address, () => resolve(socket.destroy()));
        socket.on('error', reject);
      }),
      /ECONNREFUSED/,
    );
  });

  it('says it when the port is taken', async () => {
    const port = Number(new URL(server.endpoint).port);
    await assert.rejects(startLocalEc2({ storeDir: `${ec2.storeDir}-2`, machines: 'none', port }), {
      name: 'KilnError',
      code: 'port-in-use',
      message: `the embedded EC2 cannot listen on 127.0.0.1:${port}: another program uses that port`,
    });
  });

  it('records the calls it answered', () => {
    const call = server.calls.find(one => one.action === 'DescribeVpcs');
    assert.equal(call?.outcome, 'ok');
    assert.deepEqual(
      call?.params,
      Object.assign(Object.create(null), { Action: 'DescribeVpcs', Version: '2016-11-15' }),
    );
    assert.ok(server.calls.some(one => one.outcome === 'UnknownParameter'));
  });
});

async function pick(answer: Promise<Answer>): Promise<[number, string | undefined]> {
  const { status, code } = await answer;
  return [status, code];
}
