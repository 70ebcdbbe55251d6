import { inputArtifact } from '../../src/sdk/artifact-files.ts';
import type { OptionPath, PostProcessor, PrepareContext } from '../../src/sdk/plugin.ts';
import { isSupported, PROVIDERS, SUPPORTED } from './providers.ts';
import { type BoxOptions, schema, type VagrantOptions } from './schema.ts';

/** Makes a box for Vagrant. Facts: Packer's vagrant plugin 1.1.7. */
export const plugin: PostProcessor<VagrantOptions> = {
  kind: 'post-processor',
  type: 'vagrant',
  schema,
  async prepare(options, context) {
    await check(options, [], context);
    for (const [provider, override] of Object.entries(options.override ?? {})) {
      if (!(provider in PROVIDERS))
        context.warning(
          ['override', provider],
          'unknown-provider',
          `"${provider}" is not a provider, so this override never applies`,
          `providers are: ${Object.keys(PROVIDERS).join(', ')}`,
        );
      await check(override, ['override', provider], context);
    }
    return {
      async process(run) {
        const artifact = inputArtifact(run.artifact, 'vagrant');
        const { makeBox } = await import('./run.ts');
        return makeBox(artifact, options, run);
      },
    };
  },
};

async function check(options: BoxOptions, at: OptionPath, context: PrepareContext): Promise<void> {
  const { compression_level: level, provider_override: provider, vagrantfile_template: template } = options;
  if (level !== undefined && (level < -1 || level > 9))
    context.error(
      [...at, 'compression_level'],
      'out-of-range',
      `compression_level must lie between -1 and 9, not ${level}`,
    );
  if (provider && provider in PROVIDERS && !isSupported(provider))
    context.warning(
      [...at, 'provider_override'],
      'unsupported-provider',
      `kiln cannot make boxes for "${provider}", so this step will fail`,
      `it makes boxes for ${SUPPORTED.join(', ')}`,
    );
  // A text that is still to be rendered names a file that only the run can know.
  if (!template || options.vagrantfile_template_generated || template.includes('{{')) return;
  const { access } = await import('node:fs/promises');
  await access(template).catch(() =>
    context.error(
      [...at, 'vagrantfile_template'],
      'missing-file',
      `the Vagrantfile template "${template}" cannot be read`,
      'set vagrantfile_template_generated when the build itself makes it',
    ),
  );
}
