export type Container = 'tar' | 'zip' | 'none';
export type Algorithm = 'gzip' | 'bgzf' | 'lz4' | 'xz' | 'bzip2' | 'none';

/** What is to be made of the input files. */
export interface Format {
  readonly container: Container;
  readonly algorithm: Algorithm;
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  gz: 'gzip',
  lz4: 'lz4',
  bgzf: 'bgzf',
  xz: 'xz',
  bzip2: 'bzip2',
};

/**
 * The format that an output name asks for, by Packer's rule: the name as written, before rendering, counts, and so does a
 * dot inside a `{{ }}`; only the last two parts of lower-case letters and digits matter; unknown endings mean tar and gzip.
 */
export function detectFormat(output: string, format: string | undefined): Format {
  const name = format ? `${output}.${format}` : output;
  const parts = [...name.matchAll(/\.([a-z0-9]+)/g)].map(match => match[1] ?? '');
  const last = parts.at(-1) ?? '';
  const container = parts.at(-2) === 'tar' ? 'tar' : 'none';
  if (last === 'tar' || last === 'zip') return { container: last, algorithm: 'none' };
  const algorithm = ALGORITHMS[last];
  return algorithm ? { container, algorithm } : { container: 'tar', algorithm: 'gzip' };
}

/** The format in a user's words, e.g. `tar, gzip`. */
export function formatName({ container, algorithm }: Format): string {
  return [container, algorithm].filter(part => part !== 'none').join(', ') || 'uncompressed';
}

/** Programs that do what zlib cannot. */
export const TOOLS: Readonly<Partial<Record<Algorithm, string>>> = { lz4: 'lz4', xz: 'xz', bzip2: 'bzip2' };

/** The compressor's level: undefined leaves it to the compressor. Above 9 counts as 9, 0 and -1 as unset. */
export function effectiveLevel(level: number | undefined): number | undefined {
  return level === undefined || level === 0 || level === -1 ? undefined : Math.min(level, 9);
}
