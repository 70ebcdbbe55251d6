/** Regions the endpoint plays, with their zones' letters. Names, codes and zones: AWS Global Infrastructure. */
const KNOWN: Readonly<Record<string, { readonly code: string; readonly zones: string }>> = {
  'us-east-1': { code: 'use1', zones: 'abcdef' },
  'us-east-2': { code: 'use2', zones: 'abc' },
  'us-west-1': { code: 'usw1', zones: 'ab' },
  'us-west-2': { code: 'usw2', zones: 'abcd' },
  'af-south-1': { code: 'afs1', zones: 'abc' },
  'ap-east-1': { code: 'ape1', zones: 'abc' },
  'ap-northeast-1': { code: 'apne1', zones: 'acd' },
  'ap-northeast-2': { code: 'apne2', zones: 'abcd' },
  'ap-northeast-3': { code: 'apne3', zones: 'abc' },
  'ap-south-1': { code: 'aps1', zones: 'abc' },
  'ap-southeast-1': { code: 'apse1', zones: 'abc' },
  'ap-southeast-2': { code: 'apse2', zones: 'abc' },
  'ca-central-1': { code: 'cac1', zones: 'abd' },
  'cn-north-1': { code: 'cnn1', zones: 'abd' },
  'cn-northwest-1': { code: 'cnnw1', zones: 'abc' },
  'eu-central-1': { code: 'euc1', zones: 'abc' },
  'eu-central-2': { code: 'euc2', zones: 'abc' },
  'eu-north-1': { code: 'eun1', zones: 'abc' },
  'eu-south-1': { code: 'eus1', zones: 'abc' },
  'eu-west-1': { code: 'euw1', zones: 'abc' },
  'eu-west-2': { code: 'euw2', zones: 'abc' },
  'eu-west-3': { code: 'euw3', zones: 'abc' },
  'me-south-1': { code: 'mes1', zones: 'abc' },
  'sa-east-1': { code: 'sae1', zones: 'abc' },
  'us-gov-east-1': { code: 'usge1', zones: 'abc' },
  'us-gov-west-1': { code: 'usgw1', zones: 'abc' },
};

/** Served when the caller does not choose; us-east-1 first, which makes it the default region. */
export const DEFAULT_REGIONS: readonly string[] = Object.keys(KNOWN);

/** Regions that an account must opt in to. */
const OPT_IN = new Set(['af-south-1', 'ap-east-1', 'eu-central-2', 'eu-south-1', 'me-south-1']);

export interface Zone {
  readonly name: string;
  readonly id: string;
}

/** The zones of a region; a region kiln does not know has a, b and c. */
export function zonesOf(region: string): readonly Zone[] {
  const { code, zones } = KNOWN[region] ?? { code: region.replace(/[^a-z0-9]/g, ''), zones: 'abc' };
  return [...zones].map((letter, index) => ({ name: region + letter, id: `${code}-az${index + 1}` }));
}

export function optInStatus(region: string): 'opt-in-not-required' | 'opted-in' {
  return OPT_IN.has(region) ? 'opted-in' : 'opt-in-not-required';
}

/** Partition of a region's ARNs. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
