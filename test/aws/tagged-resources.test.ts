import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createAws } from '../../src/aws/client/index.ts';
import { findTagged } from '../../src/aws/tagged-resources.ts';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import { hollowEc2, minimal, SOURCE } from '../helpers/ebs-bake.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

const signal = new AbortController().signal;
const MANY = 7;

describe('what carries the tags of kiln runs', () => {
  let server: LocalEc2;
  const environment = { ...process.env };
  beforeEach(async () => {
    server = await hollowEc2(join(folder(), 'ec2'));
    process.env['AWS_ENDPOINT_URL'] = server.endpoint;
    process.env['AWS_ACCESS_KEY_ID'] = server.credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = server.credentials.secretAccessKey;
  });
  afterEach(async () => {
    process.env = { ...environment };
    await server.close();
  });
  const folder = tempFolders();

  it('is found on all pages of all lists', async () => {
    const ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
    const Tags = Object.entries({ 'kiln:run': 'r', 'kiln:expires': '2020-01-01T00:00:00.000Z' }).map(
      ([Key, Value]) => ({
        Key,
        Value,
      }),
    );
    const tagged = <K extends string>(ResourceType: K) => ({ TagSpecifications: [{ ResourceType, Tags }] });
    for (let index = 0; index < MANY; index++) {
      await ec2.createVolume({ AvailabilityZone: 'us-east-1a', Size: 1, ...tagged('volume') }, signal);
      const group = { GroupName: `group-${index}`, Description: 'test', ...tagged('security-group') };
      await ec2.createSecurityGroup(group, signal);
      await ec2.createKeyPair({ KeyName: `key-${index}`, ...tagged('key-pair') }, signal);
      const launch = { ImageId: SOURCE, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 } as const;
      await ec2.runInstances({ ...launch, ...tagged('instance') }, signal);
      const LaunchTemplateData = { ImageId: SOURCE };
      const name = { LaunchTemplateName: `template-${index}`, LaunchTemplateData };
      await ec2.createLaunchTemplate({ ...name, ...tagged('launch-template') }, signal);
    }
    const found = await findTagged(server.region, signal, 5);
    for (const kind of ['instance', 'volume', 'launch-template', 'key-pair', 'security-group'] as const)
      assert.equal(found.filter(one => one.ref.kind === `ec2:${kind}`).length, MANY, kind);
    assert.equal(new Set(found.map(one => one.ref.id)).size, 5 * MANY);
  });
});
