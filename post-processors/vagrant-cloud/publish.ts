import { basename } from 'node:path';
import { fileBytes, inputStats } from '../../src/sdk/archive/source.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import { KilnError, messageOf } from '../../src/sdk/errors.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import type { Json, RegistryApi } from './api.ts';
import { readBoxMetadata } from './box.ts';
import type { VagrantCloudOptions } from './schema.ts';

type Run = Pick<RunContext, 'ui' | 'signal' | 'render'>;

/** Whose artifacts are boxes: the vagrant and artifice post-processors, and Packer's vagrant builder. */
const BOX_MAKERS: ReadonlySet<string> = new Set([
  'mitchellh.post-processor.vagrant',
  'packer.post-processor.artifice',
  'vagrant',
]);
const ARTIFICE = 'packer.post-processor.artifice';

/** S3 takes no more in one request, so larger boxes go through the API. */
const LARGEST_DIRECT_UPLOAD = 5 * 1024 ** 3;
/** Milliseconds for the undo, which must work after an abort too. */
const UNDO_TIME = 30_000;

interface Box {
  readonly path: string;
  readonly provider: string;
  readonly architecture: string;
}

/** Makes the version and the provider, uploads the box and releases. What it made is removed again when it fails. */
export async function publish(
  artifact: Artifact,
  options: VagrantCloudOptions,
  api: RegistryApi,
  run: Run,
): Promise<Artifact> {
  const box = await identifyBox(artifact, options, run.signal);
  const data = { ArtifactId: artifact.id, Provider: box.provider, Architecture: box.architecture };
  const downloadUrl = options.box_download_url ? run.render(options.box_download_url, data) : '';
  const tag = `box/${options.box_tag.split('/').map(encodeURIComponent).join('/')}`;
  const version = `${tag}/version/${encodeURIComponent(options.version)}`;
  run.ui.say(`Verifying box is accessible: ${options.box_tag}`);
  const known = await api.find(tag, run.signal);
  if (!known) {
    throw new KilnError(`there is no box "${options.box_tag}", or this token may not see it`, {
      hint: 'make the box in the registry first',
    });
  }
  const undo: string[] = [];
  try {
    const status = versionStatus(known, options.version);
    if (status === undefined) {
      run.ui.say(`Creating version: ${options.version}`);
      await api.call('POST', `${tag}/versions`, run.signal, {
        version: { version: options.version, description: options.version_description ?? '' },
      });
      undo.unshift(version);
    }
    run.ui.say(`Creating provider: ${box.provider} (${box.architecture})`);
    await api.call('POST', `${version}/providers`, run.signal, { provider: providerFields(box, downloadUrl, options) });
    const provider = `${version}/provider/${encodeURIComponent(box.provider)}/${encodeURIComponent(box.architecture)}`;
    undo.unshift(provider);
    if (!downloadUrl) await upload(box, provider, options, api, run);
    if (!options.no_release && status !== 'active') {
      run.ui.say(`Releasing version: ${options.version}`);
      await api.call('PUT', `${version}/release`, run.signal);
    }
  } catch (error) {
    await removeAll(undo, api, run);
    throw error;
  }
  return {
    builderId: 'pearkes.post-processor.vagrant-cloud',
    id: '',
    files: [],
    description: `'${box.provider}': ${options.box_tag}`,
    buildData: artifact.buildData,
    destroy: async () => {},
  };
}

async function identifyBox(artifact: Artifact, options: VagrantCloudOptions, signal: AbortSignal): Promise<Box> {
  if (!BOX_MAKERS.has(artifact.builderId))
    throw new KilnError(
      `vagrant-cloud takes boxes of the vagrant or artifice post-processor, not ${artifact.builderId}`,
    );
  const [path] = artifact.files;
  if (!path?.endsWith('.box'))
    throw new KilnError(`vagrant-cloud needs a .box file as the first file of the artifact, not "${path ?? 'none'}"`);
  const fromArtifice = artifact.builderId === ARTIFICE;
  const metadata = fromArtifice || !options.architecture ? await readBoxMetadata(path, signal) : undefined;
  const provider = fromArtifice ? metadata?.provider : artifact.id === 'vmware' ? 'vmware_desktop' : artifact.id;
  const architecture = options.architecture || metadata?.architecture;
  if (!provider) throw new KilnError(`the box "${path}" does not say for which provider it is`);
  if (!architecture)
    throw new KilnError(`the box "${path}" does not say for which architecture it is`, { hint: 'set "architecture"' });
  return { path, provider, architecture };
}

/** `unreleased`, `active` or `revoked`; undefined when there is no such version yet. */
function versionStatus(box: Json, version: string): string | undefined {
  const versions = Array.isArray(box['versions']) ? (box['versions'] as readonly Json[]) : [];
  const found = versions.find(one => one['version'] === version);
  return found && String(found['status'] ?? 'unreleased');
}

function providerFields(box: Box, downloadUrl: string, options: VagrantCloudOptions): Json {
  const [, type, digest] = /^([^:]+):(.+)$/s.exec(options.box_checksum ?? '') ?? [];
  return {
    name: box.provider,
    architecture: box.architecture,
    default_architecture: box.architecture === options.default_architecture,
    ...(downloadUrl && { url: downloadUrl }),
    ...(type && { checksum_type: type, checksum: digest }),
  };
}

async function upload(
  box: Box,
  provider: string,
  options: VagrantCloudOptions,
  api: RegistryApi,
  run: Run,
): Promise<void> {
  const { size } = await inputStats(box.path);
  const direct = !options.no_direct_upload && size <= LARGEST_DIRECT_UPLOAD;
  const place = await api.call('GET', `${provider}/upload${direct ? '/direct' : ''}`, run.signal);
  const { upload_path: target, callback } = place;
  if (typeof target !== 'string') throw new KilnError('the Vagrant registry gave no address to upload the box to');
  run.ui.say(`Uploading box: ${box.path}`);
  let done = 0;
  const read = (bytes: number): void => {
    done += bytes;
    run.ui.progress(`uploading ${basename(box.path)}`, done, size);
  };
  await api.upload(target, fileBytes(box.path, size, { signal: run.signal, read }), size, run.signal);
  if (direct && typeof callback === 'string') await api.call('PUT', callback, run.signal);
}

async function removeAll(paths: readonly string[], api: RegistryApi, run: Run): Promise<void> {
  for (const path of paths) {
    run.ui.say(`Removing ${path} again`);
    await api
      .call('DELETE', path, AbortSignal.timeout(UNDO_TIME))
      .catch(error => run.ui.error(`${path} is left in the Vagrant registry: ${messageOf(error)}`));
  }
}
