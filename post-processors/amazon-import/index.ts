import { amiNameProblem } from '../../src/aws/rules/index.ts';
import type { PostProcessor } from '../../src/sdk/plugin.ts';
import { type AmazonImportOptions, schema } from './schema.ts';

const ARCHITECTURES = ['i386', 'x86_64', 'arm64'];

/** Imports a disk image as an AMI, by way of S3. Facts: Packer's amazon plugin, post-processor amazon-import. */
export const plugin: PostProcessor<AmazonImportOptions> = {
  kind: 'post-processor',
  type: 'amazon-import',
  schema,
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
    const { architecture, ami_name: name } = options;
    if (architecture && !ARCHITECTURES.includes(architecture))
      context.warning(
        ['architecture'],
        'bad-value',
        `EC2 knows no architecture "${architecture}"`,
        ARCHITECTURES.join(', '),
      );
    const problem = name ? amiNameProblem(name) : undefined;
    if (problem) context.error(['ami_name'], 'bad-value', problem.message, problem.hint);
    if (context.build.local)
      context.error(
        [],
        'cannot-run',
        'amazon-import needs S3 and AWS, which the embedded EC2 does not have',
        'build without --local, or leave it out there with -except=amazon-import',
      );
    return {
      async process(run) {
        const { importDisk } = await import('./run.ts');
        return importDisk(run, options, bootMode);
      },
    };
  },
};
