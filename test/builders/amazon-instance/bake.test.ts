import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin } from '../../../builders/amazon-instance/index.ts';
import type { InstanceOptions } from '../../../builders/amazon-instance/schema.ts';
import { noneCommunicator } from '../../../src/communicators/index.ts';
import type { LocalEc2 } from '../../../src/local-ec2/index.ts';
import { bakeBuilder } from '../../helpers/amazon-bake.ts';
import { type Baked, callsOf, hollowEc2, leaks, minimal, SOURCE } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

// What happens in the machine is seen in test/e2e/amazon-builders.test.ts; here every command succeeds.
describe('an amazon-instance bake', () => {
  let server: LocalEc2;
  beforeEach(async () => {
    server = await hollowEc2(folder());
  });
  afterEach(() => server.close());
  const folder = tempFolders();

  const bake = (options: Partial<InstanceOptions> = {}): Promise<Baked> => {
    const files = folder();
    for (const name of ['cert', 'key']) writeFileSync(join(files, name), name);
    return bakeBuilder(
      plugin,
      {
        ...minimal(server),
        account_id: '123456789012',
        s3_bucket: 'images',
        bundle_prefix: 'web',
        x509_cert_path: join(files, 'cert'),
        x509_key_path: join(files, 'key'),
        ...options,
      } as InstanceOptions,
      { communicator: noneCommunicator(true) },
    );
  };

  it('registers the bundle under the template’s name, and leaves nothing else', async () => {
    const { error, artifact, undoFailures } = await bake({
      ami_description: 'from {{ .SourceAMI }}',
      tags: { Base: '{{ .SourceAMI }}' },
      run_tags: { Purpose: 'build' },
      ami_virtualization_type: 'hvm',
      sriov_support: true,
      ena_support: true,
      ami_block_device_mappings: [{ device_name: '/dev/sdb', virtual_name: 'ephemeral0' }],
    });
    if (error) throw error;
    assert.deepEqual(undoFailures, []);
    const [request] = callsOf(server, 'RegisterImage');
    assert.deepEqual(
      [request?.Name, request?.ImageLocation, request?.Description, request?.VirtualizationType],
      ['an-image', 'images/web.manifest.xml', `from ${SOURCE}`, 'hvm'],
    );
    assert.deepEqual([request?.EnaSupport, request?.SriovNetSupport], ['true', 'simple']);
    assert.deepEqual(request?.BlockDeviceMapping, [{ DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' }]);
    const [image] = server.state().images;
    assert.deepEqual([image?.tags.Base, image?.tags['kiln:expires']], [SOURCE, 'never']);
    assert.equal(artifact?.builderId, 'mitchellh.amazon.instance');
    assert.equal(artifact?.id, `us-east-1:${image?.id}`);
    assert.deepEqual(leaks(server), {});
    // The instance is bundled while it runs.
    assert.deepEqual(callsOf(server, 'StopInstances'), []);
    assert.deepEqual(server.state().snapshots, []);
  });

  it('sends metadata options, shutdown behaviour and the host, which Packer leaves out here', async () => {
    await bake({ metadata_options: { http_tokens: 'required' }, shutdown_behavior: 'terminate' });
    const [launch] = callsOf(server, 'RunInstances');
    assert.equal(launch?.InstanceInitiatedShutdownBehavior, 'terminate');
    assert.match(JSON.stringify(launch?.MetadataOptions), /required/);
  });

  it('copies and replaces like any image', async () => {
    await bake();
    const { error } = await bake({ force_deregister: true, ami_regions: ['eu-west-1'] });
    if (error) throw error;
    assert.deepEqual(
      server
        .state()
        .images.map(one => `${one.region} ${one.name}`)
        .sort(),
      ['eu-west-1 an-image', 'us-east-1 an-image'],
    );
    assert.deepEqual(leaks(server), {});
  });
});
