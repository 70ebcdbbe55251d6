/** Instance types, well enough for launching and for DescribeInstanceTypes. Source: EC2 instance types page. */

interface FamilyInfo {
  readonly arm?: boolean;
  readonly burstable?: boolean;
  readonly previous?: boolean;
  /** GiB of memory per vCPU. */
  readonly ratio: number;
  readonly metal?: boolean;
}

const FAMILIES: Readonly<Record<string, FamilyInfo>> = {
  t1: { ratio: 1, burstable: true, previous: true },
  t2: { ratio: 4, burstable: true, previous: false },
  t3: { ratio: 4, burstable: true },
  t3a: { ratio: 4, burstable: true },
  t4g: { ratio: 4, burstable: true, arm: true },
  a1: { ratio: 2, arm: true },
};
const GENERAL = [
  'm1',
  'm2',
  'm3',
  'm4',
  'm5',
  'm5a',
  'm5ad',
  'm5d',
  'm5dn',
  'm5n',
  'm5zn',
  'm6a',
  'm6g',
  'm6gd',
  'm6i',
  'm6id',
  'm6idn',
  'm6in',
  'm7a',
  'm7g',
  'm7gd',
  'm7i',
  'm7i-flex',
  'm8g',
  'm8gd',
  'm8i',
  'm8a',
  'mac1',
  'mac2',
];
const COMPUTE = [
  'c1',
  'c3',
  'c4',
  'c5',
  'c5a',
  'c5ad',
  'c5d',
  'c5n',
  'c6a',
  'c6g',
  'c6gd',
  'c6gn',
  'c6i',
  'c6id',
  'c6in',
  'c7a',
  'c7g',
  'c7gd',
  'c7gn',
  'c7i',
  'c7i-flex',
  'c8g',
  'c8gd',
  'c8gn',
  'c8i',
  'hpc6a',
  'hpc7a',
  'hpc7g',
  'f1',
  'f2',
  'inf1',
  'inf2',
];
const MEMORY = [
  'r3',
  'r4',
  'r5',
  'r5a',
  'r5ad',
  'r5b',
  'r5d',
  'r5dn',
  'r5n',
  'r6a',
  'r6g',
  'r6gd',
  'r6i',
  'r6id',
  'r6idn',
  'r6in',
  'r7a',
  'r7g',
  'r7gd',
  'r7i',
  'r7iz',
  'r8g',
  'r8gd',
  'r8i',
  'x1',
  'x1e',
  'x2gd',
  'x2idn',
  'x2iedn',
  'x2iezn',
  'x8g',
  'z1d',
  'i2',
  'i3',
  'i3en',
  'i4g',
  'i4i',
  'i7i',
  'i7ie',
  'i8g',
  'im4gn',
  'is4gen',
  'd2',
  'd3',
  'd3en',
  'h1',
  'g3',
  'g3s',
  'g4ad',
  'g4dn',
  'g5',
  'g5g',
  'g6',
  'g6e',
  'gr6',
  'p2',
  'p3',
  'p3dn',
  'p4d',
  'p4de',
  'p5',
  'p5e',
  'trn1',
  'trn1n',
  'trn2',
  'vt1',
  'dl1',
];

/** vCPUs by size; the small ones of burstable families have less memory than the ratio says. */
const SIZES: Readonly<Record<string, number>> = {
  nano: 1,
  micro: 1,
  small: 1,
  medium: 1,
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '3xlarge': 12,
  '4xlarge': 16,
  '6xlarge': 24,
  '8xlarge': 32,
  '9xlarge': 36,
  '10xlarge': 40,
  '12xlarge': 48,
  '16xlarge': 64,
  '18xlarge': 72,
  '24xlarge': 96,
  '32xlarge': 128,
  '48xlarge': 192,
  metal: 96,
  'metal-24xl': 96,
  'metal-48xl': 192,
};
const BURSTABLE_MIB: Readonly<Record<string, number>> = {
  nano: 512,
  micro: 1024,
  small: 2048,
  medium: 4096,
  large: 8192,
  xlarge: 16_384,
  '2xlarge': 32_768,
};

export interface InstanceType {
  readonly name: string;
  readonly family: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly burstable: boolean;
  readonly currentGeneration: boolean;
  readonly bareMetal: boolean;
}

function familyInfo(family: string): FamilyInfo | undefined {
  if (Object.hasOwn(FAMILIES, family)) return FAMILIES[family];
  // A "g" after the generation's digit marks Graviton, AWS's ARM processors.
  const arm = /^[a-z]+\d+g/.test(family) && !/^g\d/.test(family) ? true : family === 'g5g' || family === 'mac2';
  const previous = /^(m[123]|c[13]|r3|i2|g2|cc2|hs1)$/.test(family);
  if (GENERAL.includes(family)) return { ratio: 4, arm, previous };
  if (COMPUTE.includes(family)) return { ratio: 2, arm, previous };
  return MEMORY.includes(family) ? { ratio: 8, arm, previous } : undefined;
}

/** What a type name stands for; undefined when EC2 has no such type. */
export function instanceType(name: string): InstanceType | undefined {
  const dot = name.indexOf('.');
  const family = name.slice(0, Math.max(dot, 0));
  const size = name.slice(dot + 1);
  const info = familyInfo(family);
  const cpus = Object.hasOwn(SIZES, size) ? SIZES[size] : undefined;
  if (!info || cpus === undefined) return undefined;
  const burstable = info.burstable ?? false;
  if (burstable ? !Object.hasOwn(BURSTABLE_MIB, size) : /^(nano|micro)$/.test(size)) return undefined;
  const vcpus = burstable && family !== 't1' && family !== 't2' ? Math.max(2, cpus) : cpus;
  return {
    name,
    family,
    architecture: info.arm ? 'arm64' : 'x86_64',
    vcpus,
    memoryMiB: burstable ? (BURSTABLE_MIB[size] ?? 1024) : vcpus * info.ratio * 1024,
    burstable,
    currentGeneration: !info.previous,
    bareMetal: size.startsWith('metal'),
  };
}

/** Types listed when none is asked for: the common sizes of the common families. */
export function listedTypes(): readonly InstanceType[] {
  const sizes = [
    'nano',
    'micro',
    'small',
    'medium',
    'large',
    'xlarge',
    '2xlarge',
    '4xlarge',
    '8xlarge',
    '16xlarge',
    'metal',
  ];
  const families = [
    't2',
    't3',
    't3a',
    't4g',
    'm5',
    'm5a',
    'm5d',
    'm6a',
    'm6g',
    'm6i',
    'm7a',
    'm7g',
    'm7i',
    'c5',
    'c5a',
    'c6a',
    'c6g',
    'c6i',
    'c7g',
    'c7i',
    'r5',
    'r6g',
    'r6i',
    'r7g',
    'r7i',
  ];
  return families.flatMap(family => sizes.flatMap(size => instanceType(`${family}.${size}`) ?? []));
}

/** Whether a zone has the type. us-east-1e is old and lacks what came after 2016, as in reality. */
export function isOffered(type: InstanceType, zone: string): boolean {
  return zone !== 'us-east-1e' || /^(t1|t2|m[1-4]|c[134]|r[34]|i[23])$/.test(type.family);
}
