import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { describeFileError } from '../../sdk/errors.ts';
import type { OptionPath, PrepareContext } from '../../sdk/plugin.ts';
import type { AmiOptions, RunOptions } from '../options/index.ts';
import { isCidr } from './cidr.ts';
import { csvRow, isEmpty, mergePairs } from './key-values.ts';

/** Spot mode is on when a price is given that is neither empty nor 0. */
export function isSpot(options: Pick<RunOptions, 'spot_price'>): boolean {
  return !isEmpty(options.spot_price) && options.spot_price !== '0';
}

/** Rules of the run options beyond the declared ones (reference: common.json, rules.run). */
export function checkRun(options: RunOptions, context: PrepareContext): void {
  checkSource(options, context);
  checkSpot(options, context);
  checkCredits(options, context);
  checkPlacement(options, context);
  checkFilters(options, context);
  for (const [index, cidr] of (options.temporary_security_group_source_cidrs ?? []).entries()) {
    if (!isCidr(cidr)) {
      context.error(
        ['temporary_security_group_source_cidrs', index],
        'bad-cidr',
        `"${cidr}" is not a range of addresses`,
        'for example 203.0.113.7/32 or 2001:db8::/64',
      );
    }
  }
  if ((options.max_build_time ?? 0) < 0)
    context.error(['max_build_time'], 'bad-duration', 'max_build_time cannot be negative', '0 sets no limit');
  if (options.user_data_file) checkFile(options.user_data_file, ['user_data_file'], context);
  if (options.enable_nitro_enclave) {
    const reason = options.spot_price ? 'spot instances' : options.instance_type?.startsWith('t') ? 'T instances' : '';
    if (reason) {
      context.error(['enable_nitro_enclave'], 'conflicting-options', `there are no Nitro enclaves on ${reason}`);
    }
  }
}

/** Reports what is switched on a stopped instance, or not to be had for spot at all: a spot instance does not stop. */
export function checkSpotSwitches(
  options: RunOptions & Pick<Partial<AmiOptions>, 'ena_support' | 'sriov_support'>,
  context: PrepareContext,
): void {
  if (!isSpot(options)) return;
  for (const option of ['ena_support', 'sriov_support'] as const) {
    if (!options[option]) continue;
    context.error(
      [option],
      'conflicting-options',
      `${option} cannot be switched on a spot instance`,
      'launch on demand',
    );
  }
}

/** Reports a file that an option names and that cannot be read; relative paths start at the working directory. */
export function checkFile(path: string, option: OptionPath, context: PrepareContext): boolean {
  const full = isAbsolute(path) ? path : resolve(path);
  try {
    if (statSync(full).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    accessSync(full, constants.R_OK);
    return true;
  } catch (error) {
    context.error(option, 'missing-file', `${option[0]}: ${describeFileError(path, error)}`);
    return false;
  }
}

function checkSource(options: RunOptions, context: PrepareContext): void {
  if (options.source_ami) return;
  const filter = options.source_ami_filter;
  if (!filter || (isEmpty(filter.filters) && isEmpty(filter.owners))) {
    context.error(
      ['source_ami'],
      'missing-option',
      'nothing says which image to start from',
      'add source_ami, or source_ami_filter with filters and owners',
    );
  } else if (isEmpty(filter.owners)) {
    context.error(
      ['source_ami_filter'],
      'missing-owners',
      'source_ami_filter does not say whose images may match, so anybody could slip one in',
      'add owners: account ids, "self" or "amazon"',
    );
  }
}

function checkSpot(options: RunOptions, context: PrepareContext): void {
  const spot = isSpot(options);
  for (const [map, blocks] of [
    ['fleet_tags', 'fleet_tag'],
    ['spot_tags', 'spot_tag'],
  ] as const) {
    if (!spot && !isEmpty(mergePairs(options[map], options[blocks]))) {
      const written = isEmpty(options[map]) ? blocks : map;
      context.error(
        [written],
        'conflicting-options',
        `${written} is for spot instances only`,
        'set spot_price, e.g. to "auto"',
      );
    }
  }
  const minutes = options.block_duration_minutes ?? 0;
  if (minutes % 60 !== 0) {
    context.error(['block_duration_minutes'], 'bad-value', `block_duration_minutes ${minutes} is not a multiple of 60`);
  }
  if (options.spot_price && options.spot_price !== 'auto' && !/^\d+(\.\d+)?$/.test(options.spot_price)) {
    context.warning(['spot_price'], 'odd-price', `spot_price "${options.spot_price}" is neither a number nor "auto"`);
  }
}

function checkCredits(options: RunOptions, context: PrepareContext): void {
  const old = options.enable_t2_unlimited === true;
  if (!old && options.enable_unlimited_credits !== true) return;
  const written = old ? 'enable_t2_unlimited' : 'enable_unlimited_credits';
  const type = options.instance_type ?? '';
  if (!isBurstable(type)) {
    context.error(
      [written],
      'conflicting-options',
      `${type || 'a spot choice of types'} has no CPU credits`,
      'only t2, t3, t3a and t4g have',
    );
  } else if (isSpot(options) && type.startsWith('t2.')) {
    context.error(
      [written],
      'conflicting-options',
      'a t2 spot instance cannot have unlimited credits',
      'use t3, t3a or t4g',
    );
  }
}

/** Families with CPU credits. */
export function isBurstable(type: string): boolean {
  return /^(t2|t3|t3a|t4g)\./.test(type);
}

function checkPlacement(options: RunOptions, context: PrepareContext): void {
  const { placement } = options;
  if (options.tenancy && placement?.tenancy) {
    context.error(
      ['tenancy'],
      'conflicting-options',
      'tenancy and placement.tenancy say the same thing twice',
      'leave tenancy out',
    );
  }
  if (!placement) return;
  if (placement.host_id && placement.host_resource_group_arn) {
    context.error(
      ['placement', 'host_id'],
      'conflicting-options',
      'placement names both a host and a host group',
      'leave host_id or host_resource_group_arn out',
    );
  }
  const tenancy = placement.tenancy ?? options.tenancy;
  if ((placement.host_id || placement.host_resource_group_arn) && tenancy && tenancy !== 'host') {
    context.error(
      ['placement', 'tenancy'],
      'conflicting-options',
      `tenancy ${tenancy} cannot be had on a host of one's own`,
      'write "host"',
    );
  }
}

function checkFilters(options: RunOptions, context: PrepareContext): void {
  for (const name of ['source_ami_filter', 'vpc_filter', 'subnet_filter', 'security_group_filter'] as const) {
    for (const [filter, value] of Object.entries(options[name]?.filters ?? {})) {
      const path = [name, 'filters', filter];
      if (value.trim() === '') {
        // Often a variable that only the build's var-file sets, so no error: EC2 refuses it before anything is launched.
        context.warning(
          path,
          'empty-filter',
          `filter ${filter} has no value, so it finds nothing`,
          'give it one, or leave it out',
        );
      } else if (csvRow(value) === undefined) {
        context.error(
          path,
          'bad-filter',
          `the value of filter ${filter} is not one row of CSV`,
          'separate values by commas; put a value that holds a comma in double quotes',
        );
      }
    }
  }
}
