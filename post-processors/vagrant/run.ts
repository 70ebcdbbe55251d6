import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Bytes, type Entry, gzip, inputStats, tar, writeAll } from '../../src/sdk/archive/index.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import { fileArtifact, makeParentFolder } from '../../src/sdk/artifact-files.ts';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import { encodeGoJson, sortedMap } from '../../src/sdk/go-json.ts';
import type { PostProcessResult, RunContext } from '../../src/sdk/plugin.ts';
import { removeLeftovers, replaceFile } from '../../src/sdk/replace-file.ts';
import { type BoxContent, boxContent } from './content.ts';
import {
  hostArchitecture,
  isSupported,
  PROVIDERS,
  providerOf,
  SUPPORTED,
  type SupportedProvider,
} from './providers.ts';
import { type BoxOptions, type VagrantOptions, vagrantOptions } from './schema.ts';
import { vagrantfile } from './vagrantfile.ts';

type Run = Pick<RunContext, 'build' | 'ui' | 'signal' | 'render'>;

/** Makes the box of an artifact. Nothing is left when it fails or is stopped. */
export async function makeBox(artifact: Artifact, options: VagrantOptions, run: Run): Promise<PostProcessResult> {
  const provider = chooseProvider(artifact, options);
  const chosen = { ...options, ...withoutUnset(options.override?.[provider] ?? {}) };
  const architecture = chosen.architecture || hostArchitecture();
  const data = {
    ArtifactId: artifact.id,
    BuildName: run.build.name,
    Provider: provider,
    Architecture: architecture,
  };
  const render = (text: string): string => run.render(text, data);
  const output = render(chosen.output ?? vagrantOptions.output.default);
  const level = chosen.compression_level ?? vagrantOptions.compression_level.default;
  run.ui.say(`Creating Vagrant box for '${provider}' provider`);
  const entries = await boxEntries(boxContent(provider, artifact), chosen, provider, architecture, run, render);
  await makeParentFolder(output);
  await writeBox(output, entries, level, run);
  return {
    artifact: fileArtifact({
      builderId: 'mitchellh.post-processor.vagrant',
      id: provider,
      files: [output],
      description: `'${provider}' provider box: ${output}`,
      buildData: artifact.buildData,
    }),
    keepInput: PROVIDERS[provider]?.keepsArtifact ?? false,
    forceKeepInput: true,
  };
}

function chooseProvider(artifact: Artifact, options: VagrantOptions): SupportedProvider {
  const provider = options.provider_override || providerOf(artifact.builderId);
  if (provider === undefined)
    throw new KilnError(`Unknown artifact type, can't build box: ${artifact.builderId}`, {
      hint: 'set "provider_override" to say which provider the box is for',
    });
  if (isSupported(provider)) return provider;
  throw new KilnError(`kiln cannot make Vagrant boxes for the provider "${provider}"`, {
    hint: `it makes boxes for ${SUPPORTED.join(', ')}`,
  });
}

/** The members of the box, by name. What is included wins over metadata.json, but not over the Vagrantfile. */
async function boxEntries(
  content: BoxContent,
  options: BoxOptions,
  provider: SupportedProvider,
  architecture: string,
  run: Run,
  render: (text: string) => string,
): Promise<readonly Entry[]> {
  const members = new Map<string, Entry>();
  const add = (name: string, from: Entry['from']): unknown => members.set(name, { name, from });
  const metadata = sortedMap({ provider: PROVIDERS[provider]?.metadata ?? provider, architecture });
  add('metadata.json', { content: Buffer.from(`${encodeGoJson(metadata)}\n`) });
  for (const path of content.files) add(basename(path), await fileMember(path));
  for (const raw of options.include ?? []) {
    const path = render(raw);
    run.ui.say(`Copying from include: ${path}`);
    add(basename(path), await fileMember(path));
  }
  const custom = await customVagrantfile(options, run, render);
  add('Vagrantfile', { content: Buffer.from(vagrantfile(content.vagrantfile, custom)) });
  return [...sortedMap(Object.fromEntries(members)).values()];
}

async function fileMember(path: string): Promise<Entry['from']> {
  const { size, mode, uid, gid } = await inputStats(path);
  return { path, size, mode, uid, gid };
}

async function customVagrantfile(options: BoxOptions, run: Run, render: (text: string) => string): Promise<string> {
  if (!options.vagrantfile_template) return '';
  const path = render(options.vagrantfile_template);
  run.ui.say(`Using custom Vagrantfile: ${path}`);
  const text = await readFile(path, 'utf8').catch(error => {
    throw new KilnError(`the Vagrantfile template ${describeFileError(path, error)}`, { cause: error });
  });
  return render(text);
}

async function writeBox(output: string, entries: readonly Entry[], level: number, run: Run): Promise<void> {
  const total = entries.reduce((sum, { from }) => sum + ('content' in from ? 0 : from.size), 0);
  let done = 0;
  const read = (bytes: number): void => {
    done += bytes;
    run.ui.progress(`packing ${basename(output)}`, done, total);
  };
  run.ui.say(`Compressing: ${entries.map(entry => entry.name).join(', ')}`);
  const archive: Bytes = tar(entries, { signal: run.signal, read });
  const bytes = level === 0 ? archive : gzip(archive, level < 0 ? 6 : level);
  await removeLeftovers(output);
  await replaceFile(output, file => writeAll(file, bytes, run.signal));
}

function withoutUnset<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
