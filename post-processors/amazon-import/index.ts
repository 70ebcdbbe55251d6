import { KilnError } from '../../src/sdk/errors.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { type AmazonImportOptions, schema } from './schema.ts';

const CANNOT_RUN = 'importing disk images through S3 and VM Import is not built in';

/** Checks templates that import disk images as AMIs. Facts: Packer's amazon plugin, post-processor amazon-import. */
export const plugin: PostProcessor<AmazonImportOptions> = {
  kind: 'post-processor',
  type: 'amazon-import',
  schema,
  cannotRun: CANNOT_RUN,
  prepare(options, context) {
    const arm = options.architecture === 'arm64';
    const bootMode = options.boot_mode ?? (arm ? 'uefi' : 'legacy-bios');
    if (bootMode === 'uefi' && !options.platform)
      context.error(
        ['boot_mode'],
        'missing-option',
        arm ? '"platform" is required for arm64, which boots with uefi' : '"platform" is required with boot_mode uefi',
        'set "platform" to linux or windows',
      );
    if (arm && bootMode !== 'uefi')
      context.error(['boot_mode'], 'conflicting-options', `arm64 images boot with uefi, not ${bootMode}`);
    return {
      async process() {
        throw new KilnError(`amazon-import cannot run: ${CANNOT_RUN}`);
      },
    };
  },
};
