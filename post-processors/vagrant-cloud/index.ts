import { inputArtifact } from '../../src/sdk/artifact-files.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { DEFAULT_URL, schema, type VagrantCloudOptions } from './schema.ts';

/** Publishes a box in a Vagrant registry. Facts: Packer's vagrant plugin 1.1, Vagrant Cloud API v2. */
export const plugin: PostProcessor<VagrantCloudOptions> = {
  kind: 'post-processor',
  type: 'vagrant-cloud',
  schema,
  prepare(options, context) {
    const url = options.vagrant_cloud_url ?? DEFAULT_URL;
    const token = options.access_token || process.env['VAGRANT_CLOUD_TOKEN'] || process.env['ATLAS_TOKEN'] || '';
    if (token) context.secret(token);
    if (url === DEFAULT_URL && !token)
      context.error(
        ['access_token'],
        'missing-option',
        '"access_token" is required, unless "vagrant_cloud_url" is given',
        'set it, or VAGRANT_CLOUD_TOKEN in the environment',
      );
    if (!/^https?:\/\/[^/]/.test(url))
      context.error(['vagrant_cloud_url'], 'bad-value', `"${url}" is not an http or https address`);
    if (options.box_checksum && !/^[^:]+:.+/s.test(options.box_checksum))
      context.error(
        ['box_checksum'],
        'bad-value',
        `box_checksum must have the form TYPE:DIGEST, not "${options.box_checksum}"`,
      );
    return {
      async process(run) {
        const artifact = inputArtifact(run.artifact, 'vagrant-cloud');
        const [{ publish }, { registryApi }] = await Promise.all([import('./publish.ts'), import('./api.ts')]);
        const insecure = options.insecure_skip_tls_verify === true && url !== DEFAULT_URL;
        const published = await publish(artifact, options, registryApi({ url, token, insecure }), run);
        return { artifact: published, keepInput: true, forceKeepInput: false };
      },
    };
  },
};
