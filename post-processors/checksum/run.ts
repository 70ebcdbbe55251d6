import { createHash } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileBytes, inputStats } from '../../src/sdk/archive/source.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import { fileArtifact, makeParentFolder } from '../../src/sdk/artifact-files.ts';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';

type Run = Pick<RunContext, 'build' | 'ui' | 'signal' | 'render'>;

/**
 * Appends one line for each type and file, type by type, as Packer does. All is computed before anything is written.
 * Gives the files, followed by the checksum files that did not exist before.
 */
export async function writeChecksums(
  input: Artifact,
  types: readonly string[],
  output: string,
  run: Run,
): Promise<Artifact> {
  const { files } = input;
  const digests: ReadonlyMap<string, string>[] = [];
  for (const file of files) digests.push(await digestsOf(file, types, run));
  const lines = new Map<string, string>();
  for (const type of types) {
    const target = run.render(output, {
      BuildName: run.build.name,
      BuilderType: run.build.builderType,
      ChecksumType: type,
    });
    for (const [index, file] of files.entries())
      lines.set(target, `${lines.get(target) ?? ''}${digests[index]?.get(type)}\t${basename(file)}\n`);
  }
  const added: string[] = [];
  for (const [target, text] of lines) {
    await makeParentFolder(target);
    if (await appendWhole(target, text)) added.push(target);
  }
  const all = [...files, ...added];
  return fileArtifact({
    builderId: 'packer.post-processor.checksum',
    id: '',
    files: all,
    description: `Created artifact from files: ${all.join(', ')}`,
    buildData: input.buildData,
  });
}

/** All digests of a file in one reading. */
async function digestsOf(file: string, types: readonly string[], run: Run): Promise<ReadonlyMap<string, string>> {
  const { size } = await inputStats(file);
  const hashes = types.map(type => ({ type, hash: createHash(type) }));
  let done = 0;
  const read = (bytes: number): void => {
    done += bytes;
    run.ui.progress(`checksum of ${basename(file)}`, done, size);
  };
  for await (const chunk of fileBytes(file, size, { signal: run.signal, read }))
    for (const { hash } of hashes) hash.update(chunk);
  return new Map(hashes.map(({ type, hash }) => [type, hash.digest('hex')]));
}

/** Appends the whole text or nothing; tells whether the file is new. */
async function appendWhole(path: string, text: string): Promise<boolean> {
  const existed = await stat(path).then(
    () => true,
    () => false,
  );
  try {
    const file = await open(path, 'a', 0o644);
    try {
      const before = (await file.stat()).size;
      try {
        await file.appendFile(text);
        await file.sync();
      } catch (error) {
        await file.truncate(before).catch(() => {});
        throw error;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!existed) await rm(path, { force: true }).catch(() => {});
    throw new KilnError(`the checksums were not written: ${describeFileError(path, error)}`, { cause: error });
  }
  return !existed;
}
