import type { PrepareContext } from '../../sdk/plugin.ts';
import type { AmiOptions, SnapshotOptions } from '../options/index.ts';
import { amiNameProblem } from './ami-name.ts';
import { isEmpty } from './key-values.ts';
import { isKmsKey, KMS_HINT } from './kms.ts';

type Options = Partial<AmiOptions> & SnapshotOptions;

/** Rules of the ami and snapshot options (reference: common.json, rules.ami). */
export function checkAmi(options: Options, context: PrepareContext): void {
  if (options.ami_name !== undefined) {
    const problem = amiNameProblem(options.ami_name);
    if (problem) context.error(['ami_name'], 'bad-ami-name', problem.message, problem.hint);
  }
  checkKeys(options, context);
  checkSharedEncryption(options, context);
  if (options.deprecate_at && !isRfc3339(options.deprecate_at)) {
    context.error(
      ['deprecate_at'],
      'bad-value',
      `deprecate_at "${options.deprecate_at}" is not an instant as RFC 3339 writes it`,
      'for example 2031-05-01T00:00:00Z',
    );
  }
}

function checkKeys(options: Options, context: PrepareContext): void {
  const regions = options.ami_regions ?? [];
  const keys = options.region_kms_key_ids ?? {};
  if (!isEmpty(keys)) {
    for (const region of regions) {
      if (!(region in keys)) {
        context.error(
          ['ami_regions', regions.indexOf(region)],
          'missing-region-key',
          `region ${region} is in ami_regions but has no entry in region_kms_key_ids`,
          `add "${region}" to region_kms_key_ids; an empty string picks its default key`,
        );
      }
    }
    for (const region of Object.keys(keys)) {
      if (!regions.includes(region)) {
        context.error(
          ['region_kms_key_ids', region],
          'missing-region-key',
          `region_kms_key_ids names ${region}, which is not in ami_regions`,
          `add "${region}" to ami_regions or leave its key out`,
        );
      }
    }
  }
  const given: [(string | number)[], string][] = Object.entries(keys).map(([region, key]) => [
    ['region_kms_key_ids', region],
    key,
  ]);
  if (options.kms_key_id) given.push([['kms_key_id'], options.kms_key_id]);
  for (const [path, key] of given) {
    if (key === '') continue;
    if (!isKmsKey(key)) context.error(path, 'bad-kms-key', `"${key}" does not name a KMS key`, KMS_HINT);
    if (options.encrypt_boot !== true) {
      context.error(
        path,
        'conflicting-options',
        'a KMS key has no use unless encrypt_boot is true',
        'set encrypt_boot',
      );
    }
  }
}

/** An image encrypted with a region's default key cannot be shared: nobody else may use that key. */
function checkSharedEncryption(options: Options, context: PrepareContext): void {
  const shares = ['ami_users', 'ami_org_arns', 'ami_ou_arns', 'snapshot_users'] as const;
  const keys = options.region_kms_key_ids ?? {};
  for (const share of shares) {
    if (isEmpty(options[share])) continue;
    const hint = 'name a key that the others may use, in kms_key_id or region_kms_key_ids';
    if (options.encrypt_boot === true && isEmpty(options.kms_key_id) && isEmpty(keys)) {
      context.error([share], 'shared-default-key', `${share} cannot share what the default EBS key encrypts`, hint);
    }
    for (const [region, key] of Object.entries(keys)) {
      if (key !== '') continue;
      context.error(
        ['region_kms_key_ids', region],
        'shared-default-key',
        `${share} cannot share the copy in ${region}, which its default EBS key encrypts`,
        hint,
      );
    }
  }
}

/** Regions to copy to: without repeats and the build region. */
export function copyRegions(
  regions: readonly string[] | undefined,
  buildRegion: string | undefined,
): readonly string[] {
  return [...new Set(regions ?? [])].filter(region => region !== buildRegion);
}

function isRfc3339(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}
