import type { Artifact } from '../../src/sdk/artifact.ts';
import type { PostProcessContext, PostProcessor, PostProcessResult, PrepareContext } from '../../src/sdk/plugin.ts';
import { testRenderer } from './renderer.ts';

/** What a plugin complained about while it prepared itself. */
export interface Complaint {
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export const BUILD = {
  name: 'web',
  builderType: 'amazon-ebs',
  templateDir: '/',
  force: false,
  debug: false,
  onError: 'cleanup',
  local: false,
} as const;

/** A context for `prepare` that gathers complaints. */
export function prepareContext(): PrepareContext & { readonly complaints: Complaint[] } {
  const complaints: Complaint[] = [];
  const add =
    (severity: Complaint['severity']): PrepareContext['error'] =>
    (path, code, message) =>
      void complaints.push({ severity, path: path.join('.'), code, message });
  return {
    build: BUILD,
    node: { kind: 'object', members: [], span: { file: { path: 't.json', text: '' }, start: 0, end: 0 } },
    at: () => undefined,
    error: add('error'),
    warning: add('warning'),
    secret: () => {},
    complaints,
  };
}

export interface Ran extends PostProcessResult {
  readonly said: readonly string[];
  readonly progress: readonly { readonly what: string; readonly done: number; readonly total: number | undefined }[];
}

export interface RunInput {
  readonly artifact?: Artifact;
  readonly build?: Partial<PostProcessContext['build']>;
  readonly signal?: AbortSignal;
  readonly runUuid?: string;
  readonly buildData?: Readonly<Record<string, string>>;
}

/** Everything a running plugin gets; what it says is recorded in `said` and `progress`. */
export function recordedRun(input: RunInput = {}): PostProcessContext & Pick<Ran, 'said' | 'progress'> {
  const said: string[] = [];
  const progress: { what: string; done: number; total: number | undefined }[] = [];
  const build = { ...BUILD, ...input.build };
  const buildData = input.buildData ?? {};
  return {
    build,
    signal: input.signal ?? new AbortController().signal,
    ui: {
      say: text => void said.push(text),
      error: text => void said.push(`error: ${text}`),
      output: (stream, chunk) => void said.push(`${stream}: ${chunk}`),
      progress: (what, done, total) => void progress.push({ what, done, total }),
      ask: async () => {
        throw new Error('no terminal');
      },
    },
    // Post-processors of files make nothing remote.
    get resources(): never {
      throw new Error('nothing remote may be made here');
    },
    runUuid: input.runUuid ?? '11111111-2222-3333-4444-555555555555',
    buildData,
    render: (template, extra = {}) =>
      testRenderer().renderFully(template, {
        phase: 'run',
        buildName: build.name,
        buildType: build.builderType,
        data: { ...buildData, ...extra },
      }),
    secret: () => {},
    artifact: input.artifact,
    machine: undefined,
    doneWithMachine: () => {},
    said,
    progress,
  };
}

/** Prepares a post-processor with decoded options, which must be faultless, and runs it. */
export async function postProcess<O>(plugin: PostProcessor<O>, options: O, input: RunInput = {}): Promise<Ran> {
  const context = prepareContext();
  const prepared = await plugin.prepare(options, context);
  const errors = context.complaints.filter(one => one.severity === 'error');
  if (errors.length > 0) throw new Error(`not prepared: ${errors.map(one => one.message).join('; ')}`);
  const run = recordedRun(input);
  const result = await prepared.process(run);
  return { ...result, said: run.said, progress: run.progress };
}

/** An artifact of local files. */
export function artifactOf(files: readonly string[], parts: Partial<Artifact> = {}): Artifact {
  return { builderId: 'packer.file', id: 'File', files, description: 'files', destroy: async () => {}, ...parts };
}
