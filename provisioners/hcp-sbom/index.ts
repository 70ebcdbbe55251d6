import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext, Provisioner } from '../../src/sdk/plugin.ts';
import { randomDigits } from '../../src/sdk/scripts/remote.ts';
import { type SbomOptions, schema } from './schema.ts';

/** Fetches a software bill of materials from the machine, checks it and keeps a copy. There is no registry to send it to. */
export const plugin: Provisioner<SbomOptions> = {
  kind: 'provisioner',
  type: 'hcp-sbom',
  schema,
  prepare(options, context) {
    if (options.auto_generate && options.source)
      context.error(['source'], 'conflicting-options', '"source" and "auto_generate" exclude each other');
    if (!options.auto_generate && !options.source)
      context.error([], 'missing-option', 'one of "source" or "auto_generate" is required');
    if (options.auto_generate)
      context.error(
        ['auto_generate'],
        'not-built-in',
        'kiln brings no scanner',
        'run one in a shell provisioner, e.g. syft, and name its output as "source"',
      );
    if (options.source && !options.destination)
      context.warning([], 'nothing-to-keep', 'without "destination" the document is checked and then dropped');
    return { provision: run => provision(options, run) };
  },
};

async function provision(options: SbomOptions, run: ProvisionContext): Promise<void> {
  const source = options.source ?? '';
  const target = options.destination ? await targetPath(options.destination) : undefined;
  const folder = await mkdtemp(join(target ? dirname(target) : (await import('node:os')).tmpdir(), '.kiln-sbom-'));
  try {
    const copy = join(folder, 'sbom.json');
    run.ui.say(`Downloading SBOM ${source}`);
    await run.communicator.download(source, copy, { signal: run.signal, mode: 0o644 });
    const kind = documentKind(await readFile(copy, 'utf8'));
    if (!kind)
      throw new KilnError(`"${source}" is neither an SPDX nor a CycloneDX document in JSON`, {
        hint: 'make it with e.g. "syft / -o cyclonedx-json"',
      });
    if (target) {
      await rename(copy, target);
      run.ui.say(`${kind} document saved as ${target}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function targetPath(destination: string): Promise<string> {
  try {
    const found = await stat(destination).catch(() => undefined);
    if (found?.isDirectory()) return resolve(destination, `packer-user-sbom-${randomDigits(10)}.json`);
    await mkdir(dirname(resolve(destination)), { recursive: true });
    return resolve(destination);
  } catch (error) {
    throw new KilnError(describeFileError(destination, error), { cause: error });
  }
}

/** SPDX and CycloneDX mark their documents at the top level. */
function documentKind(text: string): 'SPDX' | 'CycloneDX' | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null) return undefined;
  if ('spdxVersion' in document && typeof document.spdxVersion === 'string') return 'SPDX';
  return 'bomFormat' in document && document.bomFormat === 'CycloneDX' && 'specVersion' in document
    ? 'CycloneDX'
    : undefined;
}
