import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { dataSources } from '../../../../src/cli/data-sources.ts';
import { type Loaded, load, showing, shownValue } from '../blocks/load.ts';

const sources = { dataSources: dataSources() };

function read(data: string, expression: string): Promise<Loaded> {
  return load(showing(expression, data), { ...sources, evaluateDatasources: true });
}

describe('the data source null', () => {
  it('gives back what it gets', async () => {
    const result = await read('data "null" "a" {\n  input = "x"\n}', 'data.null.a.output');
    assert.deepEqual(result.found, []);
    assert.equal(shownValue(result), 'x');
  });

  it('is unknown, but a text, as long as data sources are not read', async () => {
    const data = 'data "null" "a" {\n  input = "x"\n}';
    assert.deepEqual((await load(showing('upper(data.null.a.output)', data), sources)).found, []);
    const wrong = await load(showing('1', `${data}\nlocals {\n  x = data.null.a.nowhere\n}`), sources);
    assert.deepEqual(
      wrong.found.map(one => one.split(' ')[0]),
      ['a.pkr.hcl:5'],
    );
  });

  it('checks its options without being read', async () => {
    const result = await load(showing('data.null.a.output', 'data "null" "a" {\n  inptu = "x"\n}'), sources);
    assert.deepEqual(result.found, ['a.pkr.hcl:1 missing-option', 'a.pkr.hcl:2 unknown-option']);
    assert.match(result.diagnostics[1]?.hint ?? '', /"input"/);
  });
});

describe('the data source http', () => {
  let server: Server;
  let base: string;
  let seen: {
    method: string | undefined;
    url: string | undefined;
    headers: IncomingMessage['headers'];
    body: string;
  }[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    seen = [];
    answer = (_, response) => response.setHeader('x-thing', ['a', 'b']).end('hello');
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('gives body, address and headers of the answer', async () => {
    const data = `data "http" "a" {\n  url = "${base}/x"\n}`;
    const result = await read(data, '[data.http.a.body, data.http.a.url, data.http.a.request_headers["X-Thing"]]');
    assert.deepEqual(result.found, []);
    assert.deepEqual(shownValue(result), ['hello', `${base}/x`, 'a, b']);
  });

  it('sends method, headers and body', async () => {
    const data = `data "http" "a" {\n  url = "${base}"\n  method = "POST"\n  request_headers = { Accept = "text/x" }\n  request_body = "b\u00e4"\n}`;
    assert.deepEqual((await read(data, 'data.http.a.body')).found, []);
    const [one] = seen;
    assert.deepEqual([one?.method, one?.headers.accept, one?.body], ['POST', 'text/x', 'bä']);
  });

  it('follows redirections, but not for ever', async () => {
    answer = (request, response) =>
      request.url === '/end' ? response.end('there') : response.writeHead(302, { location: '/end' }).end();
    assert.equal(shownValue(await read(`data "http" "a" {\n  url = "${base}"\n}`, 'data.http.a.body')), 'there');
    answer = (_, response) => response.writeHead(302, { location: '/again' }).end();
    const result = await read(`data "http" "a" {\n  url = "${base}"\n}`, 'data.http.a.body');
    assert.match(result.diagnostics[0]?.message ?? '', /redirected more than 10 times/);
  });

  for (const [title, url, message] of [
    ['an answer that is no success', () => `${base}/secret`, /HTTP status 403/],
    ['a server that is not there', () => 'http://127.0.0.1:1/', /ECONNREFUSED/],
  ] as const) {
    it(`fails at its block: ${title}`, async () => {
      answer = (_, response) => response.writeHead(403).end();
      const result = await read(`data "http" "a" {\n  url = "${url()}"\n}`, 'data.http.a.body');
      assert.deepEqual(result.found, ['a.pkr.hcl:1 data-source-failed']);
      assert.match(result.diagnostics[0]?.message ?? '', message);
    });
  }

  it('asks nobody on validate, and tells a bad address', async () => {
    const good = await load(showing('data.http.a.body', `data "http" "a" {\n  url = "${base}"\n}`), sources);
    assert.deepEqual(good.found, []);
    const bad = await load(showing('data.http.a.body', 'data "http" "a" {\n  url = "example.com"\n}'), sources);
    assert.deepEqual(bad.found, ['a.pkr.hcl:2 bad-value']);
    const method = await load(
      showing('data.http.a.body', 'data "http" "a" {\n  url = "http://x"\n  method = "get"\n}'),
      sources,
    );
    assert.deepEqual(method.found, ['a.pkr.hcl:3 bad-value']);
    assert.deepEqual(seen, []);
  });
});

describe('an unknown data source', () => {
  it('is told, with the nearest name', async () => {
    const result = await load(showing('data.amazon-amis.a.id', 'data "amazon-amis" "a" {\n}'), sources);
    assert.deepEqual(result.found, ['a.pkr.hcl:1 unknown-data-source']);
    assert.match(result.diagnostics[0]?.hint ?? '', /"amazon-ami"/);
  });
});
