import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { Scratch } from '../helpers/kiln.ts';

/** Answers as Secrets Manager (AWS JSON 1.1) and as Consul do. */
function answer(url: string, body: string): { readonly status: number; readonly body: unknown } {
  if (url === '/v1/kv/ami') return { status: 200, body: [{ Value: Buffer.from('ami-12345678').toString('base64') }] };
  if (JSON.parse(body || '{}').SecretId === 'app')
    return { status: 200, body: { Name: 'app', SecretString: '{"password":"S3cr3t-w0rd"}' } };
  return { status: 400, body: { __type: 'ResourceNotFoundException', message: 'no such secret' } };
}

describe('values from outside, through the command line', () => {
  let server: Server;
  let scratch: Scratch;
  let env: NodeJS.ProcessEnv;
  const asked: string[] = [];

  before(done => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => {
        body += String(chunk);
      });
      request.on('end', () => {
        asked.push(`${request.headers['x-amz-target'] ?? request.url}`);
        const reply = answer(request.url ?? '', body);
        response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(reply.body));
      });
    }).listen(0, '127.0.0.1', done);
  });
  after(done => {
    server.close(done);
  });
  beforeEach(() => {
    scratch = new Scratch();
    asked.length = 0;
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    env = {
      CONSUL_HTTP_ADDR: address,
      AWS_ENDPOINT_URL: address,
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_REGION: 'us-east-1',
    };
  });
  afterEach(() => scratch.remove());

  const write = (password: string): string =>
    scratch.write('t.json', {
      variables: { password, image: '{{consul_key `ami`}}' },
      'sensitive-variables': ['password'],
      builders: [{ type: 'file', target: 'out', content: '{{user `image`}} {{user `password`}}' }],
    });

  it('are read by validate and build, and by no command that needs no values', async () => {
    const path = write('{{aws_secretsmanager `app` `password`}}');
    for (const args of [['validate', '-syntax-only'], ['inspect'], ['fix'], ['fmt', '-check']])
      await scratch.run([...args, path], env);
    assert.deepEqual(asked, []);
    const valid = await scratch.run(['validate', path], env);
    assert.deepEqual([valid.code, valid.stderr], [0, '']);
    assert.deepEqual(asked.sort(), ['/v1/kv/ami', 'secretsmanager.GetSecretValue']);
    const built = await scratch.run(['build', path], env);
    assert.equal(built.code, 0, built.stderr);
    assert.equal(scratch.read('out'), 'ami-12345678 S3cr3t-w0rd');
  });

  it('are shown in the console, but not what is sensitive', async () => {
    const path = write('{{aws_secretsmanager `app`}}');
    const { stdout } = await scratch.run(['console', path], env, '{{user `image`}} {{user `password`}}\n');
    assert.equal(stdout, 'ami-12345678 <sensitive>\n');
  });

  it('that cannot be read are told at their place, with the reason', async () => {
    const gone = await scratch.run(['validate', write('{{aws_secretsmanager `gone`}}')], env);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /error: the secret "gone" could not be read: .*no such secret.*\n +--> .*t\.json:3:\d+/);
    const away = { ...env, CONSUL_HTTP_ADDR: '127.0.0.1:1' };
    const lost = await scratch.run(['validate', write('x')], away);
    assert.equal(lost.code, 1);
    assert.match(lost.stderr, /error: consul at http:\/\/127\.0\.0\.1:1 cannot be reached: nothing listens there/);
    assert.doesNotMatch(lost.stderr, /\n +at |Warning/);
  });
});
