import { compareVersions, parseVersion, type Version } from '../../version.ts';

export interface VersionConstraint {
  readonly operator: string;
  readonly version: Version;
  admits(version: Version): boolean;
}

/** Parses a comma-separated list such as `>= 1.7.0, < 2`; undefined when it is none. */
export function parseConstraints(text: string): VersionConstraint[] | undefined {
  const constraints: VersionConstraint[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(=|!=|>=|<=|~>|>|<)?\s*(\S+)\s*$/.exec(part);
    const version = match?.[2] === undefined ? undefined : parseVersion(match[2]);
    if (!match || !version) return undefined;
    const operator = match[1] ?? '=';
    constraints.push({ operator, version, admits: given => admits(operator, version, given) });
  }
  return constraints;
}

function admits(operator: string, wanted: Version, given: Version): boolean {
  const order = compareVersions(given, wanted);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    default: {
      // "~> 1.2" admits all 1.x from 1.2 on: everything but the last number given must be equal.
      const fixed = Math.max(1, wanted.numbers.length - 1);
      return order >= 0 && wanted.numbers.slice(0, fixed).every((part, index) => (given.numbers[index] ?? 0) === part);
    }
  }
}
