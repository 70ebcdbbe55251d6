import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { randomDigits } from '../../src/sdk/scripts/remote.ts';
import type { SbomOptions } from './schema.ts';

export async function fetchSbom(options: SbomOptions, run: ProvisionContext): Promise<void> {
  const source = options.source ?? '';
  const target = options.destination ? await targetPath(options.destination) : undefined;
  const folder = await mkdtemp(join(target ? dirname(target) : tmpdir(), '.kiln-sbom-'));
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
