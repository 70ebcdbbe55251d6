import type { Communicator } from '../../src/sdk/communicator.ts';
import { decodeOptions } from '../../src/sdk/decode.ts';
import type { ConfigNode, ObjectNode } from '../../src/sdk/node.ts';
import type {
  BuildInfo,
  OptionPath,
  PrepareContext,
  PreparedProvisioner,
  ProvisionContext,
  Provisioner,
} from '../../src/sdk/plugin.ts';
import { never, type RecordingUi, recordingUi } from '../communicators/helpers.ts';
import { testRenderer } from '../helpers/renderer.ts';

export const build: BuildInfo = {
  name: 'web',
  builderType: 'amazon-ebs',
  templateDir: process.cwd(),
  force: false,
  debug: false,
  onError: 'cleanup',
  local: false,
};

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface RecordingContext extends PrepareContext {
  readonly found: Finding[];
}

export function prepareContext(options: Readonly<Record<string, unknown>> = {}): RecordingContext {
  const found: Finding[] = [];
  const add =
    (severity: Finding['severity']) =>
    (path: OptionPath, code: string, message: string, hint?: string): void => {
      found.push({ severity, path: path.join('.'), code, message, hint });
    };
  return {
    build,
    node: plainToNode(options),
    found,
    at: () => undefined,
    error: add('error'),
    warning: add('warning'),
    secret: () => {},
  };
}

/** Decodes the options as a template would have them and prepares the plugin with them. */
export async function prepare(
  plugin: Provisioner,
  options: Readonly<Record<string, unknown>>,
): Promise<{ readonly prepared: PreparedProvisioner; readonly found: readonly Finding[] }> {
  const context = prepareContext(options);
  const decoded = decodeOptions(plugin.schema, context.node as ObjectNode, plugin.type);
  if (decoded.diagnostics.some(one => one.severity === 'error')) throw new Error(decoded.diagnostics[0]?.message);
  return { prepared: await plugin.prepare(decoded.value as never, context), found: context.found };
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly ui?: RecordingUi;
  readonly buildData?: Readonly<Record<string, string>>;
}

/** As the engine renders at run time: kiln's own template engine, until nothing changes. */
function render(data: Readonly<Record<string, unknown>>): ProvisionContext['render'] {
  const renderer = testRenderer();
  return (template, extra = {}) =>
    renderer.renderFully(template, { phase: 'run', buildName: build.name, data: { ...data, ...extra } });
}

export function provisionContext(
  communicator: Communicator,
  options: RunOptions = {},
): ProvisionContext & { ui: RecordingUi } {
  const buildData = options.buildData ?? {};
  return {
    build,
    signal: options.signal ?? never,
    ui: options.ui ?? recordingUi(),
    resources: undefined as never,
    runUuid: 'run-1',
    buildData,
    communicator,
    render: render(buildData),
    secret: () => {},
  };
}

/** Prepares and runs a provisioner; throws what either throws, and what preparing reported as an error. */
export async function provision(
  plugin: Provisioner,
  options: Readonly<Record<string, unknown>>,
  communicator: Communicator,
  run: RunOptions = {},
): Promise<RecordingUi> {
  const { prepared, found } = await prepare(plugin, options);
  const error = found.find(one => one.severity === 'error');
  if (error) throw new Error(error.message);
  const context = provisionContext(communicator, run);
  await prepared.provision(context);
  return context.ui;
}

const SPAN = { file: { path: 'test.json', text: '' }, start: 0, end: 0 };

/** Plain data as a template would have given it. */
function plainToNode(value: unknown): ConfigNode {
  if (value === null || value === undefined) return { kind: 'null', span: SPAN };
  if (typeof value === 'string') return { kind: 'string', value, span: SPAN };
  if (typeof value === 'number') return { kind: 'number', value, text: String(value), span: SPAN };
  if (typeof value === 'boolean') return { kind: 'boolean', value, span: SPAN };
  if (Array.isArray(value)) return { kind: 'array', items: value.map(plainToNode), span: SPAN };
  const members = Object.entries(value).map(([key, one]) => ({ key, keySpan: SPAN, value: plainToNode(one) }));
  return { kind: 'object', members, span: SPAN };
}
