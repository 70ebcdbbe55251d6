import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { plugin } from '../../../post-processors/amazon-import/index.ts';
import type { AmazonImportOptions } from '../../../post-processors/amazon-import/schema.ts';
import { prepareContext } from '../../helpers/post-process.ts';
import { testPrepare } from '../../helpers/run-context.ts';

describe('post-processor amazon-import', () => {
  const bucket = { s3_bucket_name: 'b' };
  for (const [what, options, expected] of [
    ['a bucket', bucket, []],
    ['uefi without a platform', { ...bucket, boot_mode: 'uefi' }, ['missing-option']],
    ['uefi and a platform', { ...bucket, boot_mode: 'uefi', platform: 'linux' }, []],
    ['arm64 and a platform', { ...bucket, architecture: 'arm64', platform: 'linux' }, []],
    ['arm64 without a platform', { ...bucket, architecture: 'arm64' }, ['missing-option']],
    ['arm64 with legacy-bios', { ...bucket, architecture: 'arm64', boot_mode: 'legacy-bios' }, ['conflicting-options']],
  ] as const satisfies readonly (readonly [string, AmazonImportOptions, readonly string[]])[])
    it(`with ${what}: ${expected.join(', ') || 'fine'}`, async () => {
      const context = prepareContext();
      await plugin.prepare(options, context);
      assert.deepEqual(
        context.complaints.map(one => one.code),
        expected,
      );
    });

  it('says before anything runs that the embedded EC2 has no S3', async () => {
    const context = testPrepare({ local: true });
    await plugin.prepare(bucket, context);
    assert.match(context.complaints[0]?.message ?? '', /needs S3/);
  });

  it('wants a name that EC2 takes, and warns of an architecture that it does not know', async () => {
    const context = prepareContext();
    await plugin.prepare({ ...bucket, ami_name: 'a*b', architecture: 'x86' }, context);
    assert.deepEqual(
      context.complaints.map(one => [one.severity, one.path]),
      [
        ['warning', 'architecture'],
        ['error', 'ami_name'],
      ],
    );
  });
});
