import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createAws } from '../../../src/aws/client/index.ts';
import type { LocalEc2 } from '../../../src/local-ec2/index.ts';
import { bake, hollowEc2, leaks, minimal } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const never = new AbortController().signal;
const REGIONS =
  '<DescribeRegionsResponse><regionInfo><item><regionName>us-east-1</regionName></item></regionInfo></DescribeRegionsResponse>';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('access options of amazon-ebs', () => {
  let server: LocalEc2;
  const others: Server[] = [];
  const environment = { ...process.env };
  beforeEach(async () => {
    server = await hollowEc2(folder());
  });
  afterEach(async () => {
    for (const other of others.splice(0)) {
      other.closeAllConnections();
      other.close();
    }
    await server.close();
    process.env = { ...environment };
  });
  const folder = tempFolders();

  it('vault_aws_engine: the keys come from Vault, by role, or through STS with a role and a lifetime', async () => {
    const asked: string[] = [];
    const vault = createServer((request, answer) => {
      asked.push(`${request.headers['x-vault-token']} ${request.url}`);
      const data = { access_key: server.credentials.accessKeyId, secret_key: server.credentials.secretAccessKey };
      answer.end(JSON.stringify({ data: { ...data, security_token: null }, lease_duration: 3600 }));
    });
    others.push(vault);
    process.env['VAULT_ADDR'] = `http://127.0.0.1:${await listening(vault)}`;
    process.env['VAULT_TOKEN'] = 'a-vault-token';
    const options = { ...minimal(server), access_key: undefined, secret_key: undefined };
    const first = await bake({ ...options, vault_aws_engine: { name: 'builder' } });
    if (first.error) throw first.error;
    const role = 'arn:aws:iam::123456789012:role/r';
    const engine = { name: 'builder', engine_name: 'cloud', role_arn: role, ttl: '3600s' };
    const second = await bake({ ...options, ami_name: 'second', vault_aws_engine: engine });
    if (second.error) throw second.error;
    assert.deepEqual(
      [...new Set(asked)],
      [
        'a-vault-token /v1/aws/creds/builder',
        `a-vault-token /v1/cloud/sts/builder?${new URLSearchParams({ role_arn: role, ttl: '3600s' })}`,
      ],
    );
    assert.ok(first.run.secrets.includes(server.credentials.secretAccessKey));
    assert.deepEqual(leaks(server), {});
  });

  it('insecure_skip_tls_verify: a certificate that nobody vouches for will do', async () => {
    const at = folder();
    const paths = { key: join(at, 'key.pem'), cert: join(at, 'cert.pem') };
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', paths.key, '-out', paths.cert, ...subject],
      { stdio: 'ignore' },
    );
    const tls = createTlsServer({ key: readFileSync(paths.key), cert: readFileSync(paths.cert) }, (request, answer) => {
      request.resume();
      answer.writeHead(200, { 'content-type': 'text/xml' }).end(REGIONS);
    });
    others.push(tls);
    const options = {
      ...minimal(server),
      custom_endpoint_ec2: `https://127.0.0.1:${await listening(tls)}`,
      max_retries: 1,
    };
    const regions = async (insecure: boolean): Promise<readonly (string | undefined)[]> => {
      const access = { ...options, insecure_skip_tls_verify: insecure };
      const aws = await createAws(access, { local: false, secret: () => {} });
      const { Regions = [] } = await aws.ec2().describeRegions({}, never);
      return Regions.map(one => one.RegionName);
    };
    await assert.rejects(regions(false), /self-signed certificate/);
    assert.deepEqual(await regions(true), ['us-east-1']);
  });

  it('skip_metadata_api_check: the metadata service is not asked for credentials', async () => {
    delete process.env['AWS_EC2_METADATA_DISABLED'];
    await createAws({ region: 'us-east-1', skip_metadata_api_check: true }, { local: false, secret: () => {} });
    assert.equal(process.env['AWS_EC2_METADATA_DISABLED'], 'true');
  });
});
