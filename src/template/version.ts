/** The Packer core version whose template language kiln speaks; what `min_packer_version` is compared with. */
export const PACKER_COMPATIBLE_VERSION = '1.16.0';

export interface Version {
  readonly numbers: readonly number[];
  readonly prerelease: string;
}

const VERSION = /^v?(\d+(?:\.\d+)*)(?:-?([A-Za-z~-][0-9A-Za-z~.-]*|\d+[0-9A-Za-z~.-]*))?(?:\+[0-9A-Za-z~.-]+)?$/;

/** Longest text that is looked at: the pattern would take minutes for thousands of digits. */
const LONGEST = 100;

/** A version such as `1.7`, `v1.8.0-beta1` or `1.9.0+meta`; undefined when it is none. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > LONGEST ? null : VERSION.exec(text.trim());
  if (!match?.[1]) return undefined;
  return { numbers: match[1].split('.').map(Number), prerelease: match[2] ?? '' };
}

/** Negative when `a` is older than `b`, 0 when they are equal; missing numbers count as 0, a pre-release is older than its release. */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let index = 0; index < length; index++) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.prerelease === b.prerelease) return 0;
  if (a.prerelease === '') return 1;
  if (b.prerelease === '') return -1;
  return comparePrereleases(a.prerelease.split('.'), b.prerelease.split('.'));
}

/** Semantic versioning's order: numeric parts by value and before words, a shorter list before its extensions. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index];
    const right = b[index];
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    if (left === right) continue;
    const numeric = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (numeric[0] && numeric[1]) return Number(left) - Number(right);
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
