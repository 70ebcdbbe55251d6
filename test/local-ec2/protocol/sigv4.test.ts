import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'mocha';
import { parseAmzDate, parseAuthorization, verify } from '../../../src/local-ec2/protocol/sigv4.ts';

// The example of the AWS General Reference ("Signature Version 4 signing process", task 4): a GET to IAM.
const KEY = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const DATE = '20150830T123600Z';
const request = {
  method: 'GET',
  url: '/?Action=ListUsers&Version=2010-05-08',
  headers: {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: 'iam.amazonaws.com',
    'x-amz-date': DATE,
  } as Record<string, string>,
  body: Buffer.alloc(0),
};
const HEADER =
  `AWS4-HMAC-SHA256 Credential=${KEY}/20150830/us-east-1/iam/aws4_request, ` +
  'SignedHeaders=content-type;host;x-amz-date, ' +
  'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
const NOW = Date.UTC(2015, 7, 30, 12, 36, 0);

function parsed(header = HEADER) {
  const auth = parseAuthorization(header);
  if (typeof auth === 'string') throw new Error(auth);
  return auth;
}

describe('local EC2: signatures', () => {
  it("accepts the AWS General Reference's example", () => {
    assert.equal(verify(request, parsed(), SECRET, NOW, 60_000), undefined);
  });

  it('refuses another secret, body, query, header or time', () => {
    const check = (change: Partial<typeof request>, secret = SECRET, now = NOW): unknown =>
      verify({ ...request, ...change }, parsed(), secret, now, 60_000);
    assert.equal(check({}, `${SECRET}x`), 'signature');
    assert.equal(check({ body: Buffer.from('x') }), 'signature');
    assert.equal(check({ url: '/?Action=ListRoles&Version=2010-05-08' }), 'signature');
    assert.equal(check({ method: 'POST' }), 'signature');
    assert.equal(check({ headers: { ...request.headers, host: 'example.com' } }), 'signature');
    assert.equal(check({ headers: { ...request.headers, 'x-amz-date': '20150831T123600Z' } }), 'scope');
    assert.equal(check({ headers: { ...request.headers, 'x-amz-security-token': 'added' } }), 'incomplete');
    assert.equal(check({ headers: { ...request.headers, 'x-amz-content-sha256': 'a'.repeat(64) } }), 'body');
    assert.equal(check({}, SECRET, NOW + 61_000), 'expired');
    assert.equal(check({}, SECRET, NOW - 61_000), 'expired');
  });

  it('signs the query by its sorted, encoded names', () => {
    const key = ['20150830', 'us-east-1', 'iam', 'aws4_request'].reduce<Buffer>(
      (last, part) => createHmac('sha256', last).update(part).digest(),
      Buffer.from(`AWS4${SECRET}`),
    );
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    const canonical = `GET\n/\nA=%2Fx%2A&B=a%20b&B=c\nhost:h\nx-amz-date:${DATE}\n\nhost;x-amz-date\n${hash('')}`;
    const text = `AWS4-HMAC-SHA256\n${DATE}\n20150830/us-east-1/iam/aws4_request\n${hash(canonical)}`;
    const signature = createHmac('sha256', key).update(text).digest('hex');
    const auth = parsed(
      `AWS4-HMAC-SHA256 Credential=${KEY}/20150830/us-east-1/iam/aws4_request,SignedHeaders=host;x-amz-date,Signature=${signature}`,
    );
    const one = {
      method: 'GET',
      url: '/?B=c&B=a+b&A=%2fx*',
      headers: { host: 'h', 'x-amz-date': DATE },
      body: Buffer.alloc(0),
    };
    assert.equal(verify(one, auth, SECRET, NOW, 1000), undefined);
  });

  it('tells missing, incomplete and wrongly scoped headers apart', () => {
    assert.equal(parseAuthorization(undefined), 'missing');
    assert.equal(parseAuthorization('Basic abc'), 'incomplete');
    assert.equal(parseAuthorization('AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00'), 'incomplete');
    assert.equal(parseAuthorization(HEADER.replace('aws4_request', 'aws5_request')), 'scope');
    assert.equal(parseAuthorization(HEADER.replace('content-type;host;', 'content-type;')), 'incomplete');
  });

  it('reads the basic ISO date only', () => {
    assert.equal(parseAmzDate(DATE), NOW);
    assert.equal(parseAmzDate('2015-08-30T12:36:00Z'), undefined);
  });
});
