import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type Bytes,
  bgzf,
  type Entry,
  fileBytes,
  gzip,
  inputStats,
  type ReadOptions,
  tar,
  throughTool,
  writeAll,
  zip,
} from '../../src/sdk/archive/index.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import { fileArtifact, makeParentFolder } from '../../src/sdk/artifact-files.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import { removeLeftovers, replaceFile } from '../../src/sdk/replace-file.ts';
import { type Algorithm, detectFormat, type Format, formatName } from './format.ts';

const BUILDER_ID = 'packer.post-processor.compress';
/** zlib's own default. */
const DEFAULT_LEVEL = 6;

export interface CompressPlan {
  /** Unrendered. */
  readonly output: string;
  readonly format: Format;
  readonly level: number | undefined;
}

type Run = Pick<RunContext, 'build' | 'ui' | 'signal' | 'render'>;

/**
 * Writes the compressed file and gives it as an artifact. Inputs are read once, front to back; memory stays bounded
 * whatever their size. Nothing is left when it fails or is stopped.
 */
export async function compressFiles(input: Artifact, plan: CompressPlan, run: Run): Promise<Artifact> {
  const { files } = input;
  const { format } = plan;
  const output = run.render(plan.output, { BuildName: run.build.name, BuilderType: run.build.builderType });
  if (format.container === 'none' && files.length !== 1)
    throw new KilnError(`Can only have 1 input file when not using tar/zip; the artifact has ${files.length}`, {
      hint: `end "output" in .tar.gz or .zip, or set "format" to tar.gz`,
    });
  const inputs = await Promise.all(files.map(readInput));
  await refuseInputAsOutput(output, files);
  await makeParentFolder(output);
  run.ui.say(`Compressing ${countOf(files.length)} into ${output} (${formatName(format)})`);
  noteMisleadingName(output, plan, run);
  const total = inputs.reduce((sum, input) => sum + input.size, 0);
  let done = 0;
  const options: ReadOptions = {
    signal: run.signal,
    read: bytes => {
      done += bytes;
      run.ui.progress(`compressing ${basename(output)}`, done, total);
    },
  };
  const bytes = compressed(contained(inputs, format, options), format.algorithm, plan.level, run.signal);
  await removeLeftovers(output);
  await replaceFile(output, file => writeAll(file, bytes, run.signal));
  run.ui.say(`Archive ${output} completed`);
  return fileArtifact({
    builderId: BUILDER_ID,
    id: '',
    files: [output],
    description: `compressed artifacts in: ${output}`,
    buildData: input.buildData,
  });
}

interface Input {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

async function readInput(path: string): Promise<Input> {
  const { size, mode, uid, gid } = await inputStats(path);
  return { path, size, mode, uid, gid };
}

/** Tar members carry base names, zip members the paths as given. */
function contained(inputs: readonly Input[], format: Format, options: ReadOptions): Bytes {
  const entries = (name: (path: string) => string): Entry[] =>
    inputs.map(input => ({ name: name(input.path), from: input }));
  switch (format.container) {
    case 'tar':
      return tar(entries(basename), options);
    case 'zip':
      return zip(
        entries(path => path),
        options,
      );
    case 'none':
      return concatenated(inputs, options);
  }
}

async function* concatenated(inputs: readonly Input[], options: ReadOptions): AsyncGenerator<Buffer> {
  for (const { path, size } of inputs) yield* fileBytes(path, size, options);
}

function compressed(source: Bytes, algorithm: Algorithm, level: number | undefined, signal: AbortSignal): Bytes {
  switch (algorithm) {
    case 'none':
      return source;
    case 'gzip':
      return gzip(source, level ?? DEFAULT_LEVEL);
    case 'bgzf':
      return bgzf(source, level ?? DEFAULT_LEVEL);
    case 'lz4':
      return throughTool('lz4', ['-q', '-c', `-${level ?? 1}`], source, signal);
    case 'bzip2':
      return throughTool('bzip2', ['-c', `-${level ?? 9}`], source, signal);
    case 'xz':
      return throughTool('xz', ['-q', '-c'], source, signal);
  }
}

/** The input is deleted after a successful run, and the output with it if they were the same file. */
async function refuseInputAsOutput(output: string, files: readonly string[]): Promise<void> {
  const target = await realpath(output).catch(() => undefined);
  for (const file of files)
    if (target !== undefined && (await realpath(file)) === target)
      throw new KilnError(`"${output}" is both the input and the output of compress`, {
        hint: 'choose another "output"',
      });
}

/** The format follows the unrendered text, as in Packer; say so where the finished name promises something else. */
function noteMisleadingName(output: string, plan: CompressPlan, run: Run): void {
  const promised = formatName(detectFormat(output, undefined));
  const written = formatName(plan.format);
  const known = /\.(tar|zip|gz|tgz|lz4|bgzf|xz|bzip2)$/.test(output);
  if (known && promised !== written)
    run.ui.say(`Note: ${output} is written as ${written}, as "format" or the unrendered "output" say`);
}

function countOf(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
