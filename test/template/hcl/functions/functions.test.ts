import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'mocha';
import {
  createDefaultFunctions,
  createFunctions,
  type FunctionContext,
} from '../../../../src/template/hcl/functions/index.ts';
import { PendingLookup } from '../../../../src/template/interpolate/lookups.ts';
import { createOutside } from '../../../../src/template/interpolate/outside/index.ts';
import { functionContext, loadAll, show } from '../helpers/evaluate.ts';
import { EXAMPLES } from './examples.ts';

const REFERENCE = resolve(import.meta.dirname, '../../../../../shared/reference/packer/hcl2-functions.json');

/** Answers as Consul's and Vault's key-value stores do. */
function keyValueServer(): Promise<Server> {
  const server = createServer((request, response) => {
    const vault = request.url?.startsWith('/v1/secret/') === true;
    response.setHeader('content-type', 'application/json');
    response.end(
      vault ? '{"data":{"data":{"k":"v"}}}' : JSON.stringify([{ Value: Buffer.from('v').toString('base64') }]),
    );
  });
  return new Promise(done => server.listen(0, '127.0.0.1', () => done(server)));
}

describe('HCL functions', () => {
  let folder = '';
  let server: Server | undefined;
  let context: Partial<FunctionContext> = {};

  before(async () => {
    await loadAll();
    folder = mkdtempSync(join(tmpdir(), 'kiln-hcl-'));
    const keys = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const padding = constants.RSA_PKCS1_PADDING;
    const cipher = publicEncrypt({ key: keys.publicKey, padding }, Buffer.from('text')).toString('base64');
    writeFileSync(join(folder, 'x.txt'), 'content');
    writeFileSync(join(folder, 'x.bin'), Buffer.from([0, 1]));
    writeFileSync(join(folder, 'a.pkr.hcl'), '');
    writeFileSync(join(folder, 'x.tmpl'), 'hi ${n}');
    writeFileSync(join(folder, 'k.pem'), keys.privateKey.export({ type: 'pkcs1', format: 'pem' }));
    writeFileSync(join(folder, 'cipher.b64'), cipher);
    server = await keyValueServer();
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { HOME: '/home/me', CONSUL_HTTP_ADDR: address, VAULT_ADDR: address, VAULT_TOKEN: 't' };
    const secrets = { read: async () => ({ kind: 'text', text: '{"pw":"s3cret"}' }) as const };
    context = { templateDir: folder, env, outside: createOutside(env, secrets) };
  });

  after(() => {
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const evaluated = async (call: string): Promise<string> => {
    for (;;) {
      try {
        return show(call, call.startsWith('filebase64') ? { ...context, cwd: folder } : context);
      } catch (error) {
        if (!(error instanceof PendingLookup)) throw error;
        await error.ready;
      }
    }
  };

  for (const [name, [call, expected]] of Object.entries(EXAMPLES)) {
    it(`${name}: ${call}`, async () => {
      const actual = await evaluated(call);
      if (typeof expected === 'string') assert.equal(actual, expected);
      else assert.match(actual, expected);
    });
  }

  it('has exactly the functions that have an example, and env for defaults', () => {
    const names = [...createFunctions(functionContext()).names()].sort();
    assert.deepEqual(names, Object.keys(EXAMPLES).sort());
    assert.equal(names.length, 103);
    assert.deepEqual([...createDefaultFunctions({}).names()], ['env']);
  });

  it('has the functions of the reference', function () {
    if (!existsSync(REFERENCE)) this.skip();
    const { functions } = JSON.parse(readFileSync(REFERENCE, 'utf8')) as {
      functions: { name: string; example: string }[];
    };
    assert.deepEqual(functions.map(one => one.name).sort(), Object.keys(EXAMPLES).sort());
    const others = functions.filter(({ name, example }) => example.split(' -> ')[0] !== EXAMPLES[name]?.[0]);
    // Its example has a name for the text that here comes from a file.
    assert.deepEqual(
      others.map(one => one.name),
      ['rsadecrypt'],
    );
  });

  it('reads files relative to the right folder and says what is wrong with them', async () => {
    assert.match(await evaluated('file("none.txt")'), /none.txt" does not exist/);
    assert.match(await evaluated('file("x.bin")'), /^"\\u0000\\u0001"$/);
    assert.match(await evaluated('file("/dev/zero")'), /"\/dev\/zero" is larger than 64 MiB/);
    assert.match(await evaluated('file(".")'), /is a folder, not a file/);
    assert.match(await evaluated('fileexists(".")'), /is not a regular file/);
    assert.equal(await evaluated('fileset(".", "**/*.{txt,bin}")'), '["x.bin","x.txt"]');
    assert.match(await evaluated('templatefile("x.tmpl", {})'), /there is nothing named "n"/);
  });

  it('keeps results unknown when the arguments are', async () => {
    assert.equal(await evaluated('upper(u)'), 'unknown');
    assert.equal(await evaluated('jsonencode({a = u})'), 'unknown');
    assert.equal(await evaluated('length(ul)'), 'unknown');
    assert.equal(await evaluated('length([u, u])'), '2');
    assert.equal(await evaluated('keys({a = u})'), '["a"]');
    assert.equal(await evaluated('merge({a = u}, {b = 1}).b'), '1');
    assert.equal(await evaluated('try(u, 1)'), 'unknown');
  });

  it('fills in all attributes of a parsed timestamp', async () => {
    assert.equal(
      await evaluated('rfc3339_parse("2021-01-03T23:43:16+02:00")'),
      '{"day":3,"hour":23,"iso_week":53,"iso_year":2020,"minute":43,"month":1,"month_name":"January","second":16,"unix":1609710196,"weekday":0,"weekday_name":"Sunday","year":2021,"year_day":3}',
    );
  });
});
