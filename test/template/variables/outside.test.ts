import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'mocha';
import type { SecretContent, SecretLookup } from '../../../src/template/interpolate/lookups.ts';
import { resolve } from './inputs.ts';

/** Speaks as much of Consul's and Vault's HTTP interfaces as a reader sees. */
function answer(request: IncomingMessage): { status: number; body: unknown } {
  const { pathname } = new URL(request.url ?? '/', 'http://x');
  const { headers } = request;
  if (pathname.startsWith('/v1/kv/')) {
    if (headers['x-consul-token'] !== 'ct') return { status: 403, body: 'denied' };
    const values: Record<string, string> = { 'my/ami': 'ami-1', empty: '' };
    const value = values[decodeURIComponent(pathname.slice('/v1/kv/'.length))];
    if (value === undefined) return { status: 404, body: '' };
    return { status: 200, body: [{ Value: value === '' ? null : Buffer.from(value).toString('base64') }] };
  }
  if (headers['x-vault-token'] !== 'vt') return { status: 403, body: { errors: ['denied'] } };
  if (pathname === '/v1/secret/data/app')
    return { status: 200, body: { data: { data: { pw: 's3cr3t' }, metadata: {} } } };
  if (pathname === '/v1/kv1/app') return { status: 200, body: { data: { pw: 'old', port: 22 } } };
  return { status: 404, body: { errors: [] } };
}

describe('values from outside', () => {
  let server: Server;
  let address: string;
  let requests: string[] = [];

  before(async () => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      const { status, body } = answer(request);
      response.writeHead(status).end(JSON.stringify(body));
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => void server.close());

  const consul = (): Record<string, string> => ({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN: 'ct' });
  const vault = (): Record<string, string> => ({ VAULT_ADDR: `http://${address}`, VAULT_TOKEN: 'vt' });

  it('reads consul keys, each once', async () => {
    requests = [];
    const { values, complaints } = await resolve(
      { a: '{{consul_key `my/ami`}}', b: '{{user `a`}}/{{consul_key `my/ami`}}' },
      {},
      { env: consul() },
    );
    assert.deepEqual(complaints, []);
    assert.deepEqual(values, { a: 'ami-1', b: 'ami-1/ami-1' });
    assert.deepEqual(requests, ['/v1/kv/my/ami']);
  });

  it('says what is wrong with a consul key', async () => {
    const { complaints } = await resolve(
      { a: '{{consul_key `nope`}}', b: '{{consul_key `empty`}}' },
      {},
      { env: consul() },
    );
    assert.deepEqual(complaints, [
      'error variable-template: consul has no key "nope" @t.json consul_key `nope`',
      'error variable-template: consul\'s key "empty" is empty @t.json consul_key `empty`',
    ]);
    const denied = await resolve(
      { a: '{{consul_key `my/ami`}}' },
      {},
      { env: { CONSUL_HTTP_ADDR: `http://${address}` } },
    );
    assert.match(denied.complaints[0]!, /CONSUL_HTTP_TOKEN/);
    const nobody = await resolve({ a: '{{consul_key `x`}}' }, {}, { env: { CONSUL_HTTP_ADDR: '127.0.0.1:1' } });
    assert.match(
      nobody.complaints[0]!,
      /consul at http:\/\/127\.0\.0\.1:1 cannot be reached: nothing listens there; is CONSUL_HTTP_ADDR right\?/,
    );
    const outOf = async (env: Record<string, string>) =>
      (await resolve({ a: '{{consul_key `x`}}' }, {}, { env })).complaints;
    assert.match(
      (await outOf({ CONSUL_HTTP_ADDR: 'a b' }))[0]!,
      /CONSUL_HTTP_ADDR does not give an address: "http:\/\/a b/,
    );
    assert.match((await outOf({ CONSUL_HTTP_ADDR: 'unix:///no.sock' }))[0]!, /consul at \/no\.sock .*no such socket/);
    assert.match((await outOf({ CONSUL_HTTP_TOKEN_FILE: '/nowhere' }))[0]!, /TOKEN_FILE: "\/nowhere" does not exist/);
  });

  it('reads vault secrets of both versions', async () => {
    const { values, complaints } = await resolve(
      { v2: '{{vault `secret/data/app` `pw`}}', v1: '{{vault `/kv1/app` `pw`}}:{{vault `kv1/app` `port`}}' },
      {},
      { env: vault() },
    );
    assert.deepEqual(complaints, []);
    assert.deepEqual(values, { v2: 's3cr3t', v1: 'old:22' });
  });

  it('says what is wrong with a vault secret, without showing values', async () => {
    const text = { a: '{{vault `secret/data/app` `nope`}}', b: '{{vault `none` `x`}}' };
    const { complaints } = await resolve(text, {}, { env: vault() });
    assert.match(complaints[0]!, /has no key "nope"; it has pw/);
    assert.match(complaints[1]!, /no secret at "none"/);
    assert.ok(!complaints.join().includes('s3cr3t'));
    const { complaints: noToken } = await resolve(
      { a: '{{vault `a` `b`}}' },
      {},
      { env: { VAULT_ADDR: `http://${address}` } },
    );
    assert.match(noToken[0]!, /VAULT_TOKEN is not set/);
    const wrong = await resolve({ a: '{{vault `a` `b`}}' }, {}, { env: { VAULT_ADDR: address, VAULT_TOKEN: 'x' } });
    assert.match(wrong.complaints[0]!, /must begin with http/);
  });

  it('reads AWS secrets through the lookup it is given', async () => {
    const contents: Record<string, SecretContent> = {
      'app/db': { kind: 'text', text: '{"password":"s3cr3t","port":5432}' },
      one: { kind: 'text', text: '{"only":"x"}' },
      plain: { kind: 'text', text: 'not json' },
      bytes: { kind: 'binary' },
    };
    const secrets: SecretLookup = {
      async read(name) {
        const content = contents[name];
        if (!content) throw new Error(`there is no secret "${name}" in eu-west-1`);
        return content;
      },
    };
    const { values, complaints } = await resolve(
      {
        a: '{{aws_secretsmanager `app/db` `password`}}:{{aws_secretsmanager `app/db` `port`}}',
        b: '{{aws_secretsmanager `one`}}{{aws_secretsmanager `plain`}}',
        c: '{{aws_secretsmanager_raw `app/db`}}',
        d: '{{aws_secretsmanager `app/db`}}',
        e: '{{aws_secretsmanager `app/db` `user`}}',
        f: '{{aws_secretsmanager `bytes`}}',
        g: '{{aws_secretsmanager `gone`}}',
        h: '{{aws_secretsmanager}}',
      },
      {},
      { secrets },
    );
    assert.deepEqual(values, { a: 's3cr3t:5432', b: 'xnot json', c: '{"password":"s3cr3t","port":5432}' });
    const messages = complaints
      .map(one => one.slice('error variable-template: '.length))
      .sort()
      .join('\n');
    assert.match(messages, /has 2 keys/);
    assert.match(messages, /no key "user"; it has password, port/);
    assert.match(messages, /is binary/);
    assert.match(messages, /no secret "gone" in eu-west-1/);
    assert.match(messages, /takes a name/);
  });

  it('reads nothing for a template that calls nothing', async () => {
    requests = [];
    const { complaints } = await resolve(
      { a: '{{env `REGION`}}', b: '{{ if false }}{{consul_key `x`}}{{end}}' },
      {},
      { env: consul() },
    );
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, []);
  });
});
