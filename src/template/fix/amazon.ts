import { builderFixer, type Fixer, has, isBoolean, isString, rename, types } from './fixer.ts';

const amazon = (type: string): boolean => type.startsWith('amazon-');

const PARSED_BOOLEANS: Readonly<Record<string, boolean>> = {
  1: true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  0: false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

export const amazonShutdownBehavior = builderFixer(
  'amazon-shutdown_behavior',
  ['shutdown_behaviour'],
  amazon,
  builder => rename(builder, 'shutdown_behaviour', 'shutdown_behavior'),
);

export const amazonEnhancedNetworking = builderFixer(
  'amazon-enhanced-networking',
  ['enhanced_networking'],
  amazon,
  builder => rename(builder, 'enhanced_networking', 'ena_support', { when: isBoolean }),
);

export const amazonPrivateIp: Fixer = builderFixer(
  'amazon-private-ip',
  ['ssh_private_ip'],
  amazon,
  (builder, target) => {
    if (!has(builder, 'ssh_private_ip') || has(builder, 'ssh_interface')) return;
    const value = builder.ssh_private_ip;
    const parsed = isString(value) ? PARSED_BOOLEANS[value] : value;
    if (!isBoolean(parsed)) {
      target.fail(
        `"ssh_private_ip" is neither true nor false: ${JSON.stringify(value)}`,
        'write "ssh_interface": "private_ip" or "public_ip" instead',
      );
      return;
    }
    delete builder.ssh_private_ip;
    builder.ssh_interface = parsed ? 'private_ip' : 'public_ip';
  },
);

export const amazonSecurityGroupCidrs = builderFixer(
  'amazon-temp-sec-cidrs',
  ['temporary_security_group_source_cidr'],
  amazon,
  builder => {
    const cidr = builder.temporary_security_group_source_cidr;
    if (!isString(cidr)) return;
    delete builder.temporary_security_group_source_cidr;
    builder.temporary_security_group_source_cidrs = [cidr];
  },
);

export const spotPriceAutoProduct = builderFixer(
  'spot-price-auto-product',
  ['spot_price_auto_product'],
  types('amazon-ebs', 'amazon-ebssurrogate', 'amazon-ebsvolume', 'amazon-instance'),
  builder => {
    delete builder.spot_price_auto_product;
  },
);
