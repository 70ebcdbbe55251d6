import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Artifact } from '../../src/sdk/artifact.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import type { ManifestBuild, ManifestFile } from './document.ts';
import type { ManifestOptions } from './schema.ts';

/** The manifest's entry for one finished build. */
export async function describeBuild(
  artifact: Artifact,
  options: ManifestOptions,
  run: Pick<RunContext, 'build' | 'runUuid' | 'render'>,
): Promise<ManifestBuild> {
  const files = await Promise.all(artifact.files.map(path => describeFile(path, options.strip_path === true)));
  return {
    name: run.build.name,
    builder_type: run.build.builderType,
    build_time: options.strip_time ? 0 : Math.floor(Date.now() / 1000),
    files: files.length === 0 ? null : files,
    artifact_id: artifact.id,
    packer_run_uuid: run.runUuid,
    custom_data: options.custom_data ? renderAll(options.custom_data, run) : null,
  };
}

async function describeFile(path: string, baseOnly: boolean): Promise<ManifestFile> {
  const size = await stat(path).then(
    found => found.size,
    () => 0,
  );
  return { name: baseOnly ? basename(path) : path, size };
}

function renderAll(
  data: Readonly<Record<string, string>>,
  run: Pick<RunContext, 'render'>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [run.render(key), run.render(value)]));
}
