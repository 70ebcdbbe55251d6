import { createHash, randomUUID } from 'node:crypto';
import { type ConfigNode, nodeAt } from '../../src/sdk/node.ts';
import type { BuildInfo, Machine, PostProcessContext, PrepareContext, RunContext, Ui } from '../../src/sdk/plugin.ts';
import type { Owned, ResourceRef, Resources, UndoResource } from '../../src/sdk/resources.ts';

/** A Ui that remembers what it was told. */
export interface RecordingUi extends Ui {
  readonly said: string[];
  readonly errors: string[];
  readonly printed: { stdout: string; stderr: string };
}

export function recordingUi(): RecordingUi {
  const said: string[] = [];
  const errors: string[] = [];
  const printed = { stdout: '', stderr: '' };
  return {
    said,
    errors,
    printed,
    say: text => void said.push(text),
    error: text => void errors.push(text),
    output: (stream, chunk) => {
      printed[stream] += chunk.toString();
    },
    progress: () => {},
    ask: async question => {
      throw new Error(`nobody answers: ${question}`);
    },
  };
}

/** Resources in memory, with an undo stack as the engine has one. */
export interface MemoryResources extends Resources {
  /** Every intent, in order, and how it ended. */
  readonly log: {
    readonly ref: ResourceRef;
    state: 'intended' | 'created' | 'not-created' | 'undone' | 'kept' | 'failed';
  }[];
  /** Undoes what is left, last in first out, as the end of a build does. Gives what could not be undone. */
  unwind(): Promise<readonly unknown[]>;
}

export function memoryResources(runId: string = randomUUID()): MemoryResources {
  const stack: (() => Promise<void>)[] = [];
  const failures: unknown[] = [];
  const log: MemoryResources['log'] = [];
  return {
    runId,
    tags: { 'kiln:run': runId, 'kiln:template': 'test.json', 'kiln:expires': '2099-01-01T00:00:00.000Z' },
    token: purpose => `kiln-${createHash('sha256').update(`${runId} ${purpose}`).digest('hex').slice(0, 40)}`,
    log,
    async acquire<T>(
      intent: Omit<ResourceRef, 'id'>,
      create: () => Promise<{ readonly id: string; readonly value: T }>,
      undo: UndoResource,
      certainlyNotCreated: (error: unknown) => boolean = () => false,
    ): Promise<Owned<T>> {
      const entry: MemoryResources['log'][number] = { ref: intent, state: 'intended' };
      log.push(entry);
      const undoing = (ref: ResourceRef): (() => Promise<void>) => {
        let done: Promise<void> | undefined;
        return () => {
          done ??= (async () => {
            if (entry.state === 'kept') return;
            try {
              await undo(ref, AbortSignal.timeout(60_000));
              entry.state = 'undone';
            } catch (error) {
              entry.state = 'failed';
              failures.push(error);
            }
          })();
          return done;
        };
      };
      let made: { readonly id: string; readonly value: T };
      try {
        made = await create();
      } catch (error) {
        if (certainlyNotCreated(error)) entry.state = 'not-created';
        else stack.push(undoing(intent));
        throw error;
      }
      entry.state = 'created';
      const ref = { ...intent, id: made.id };
      const release = undoing(ref);
      stack.push(release);
      return {
        ref,
        value: made.value,
        release,
        releaseSoon: () => void release(),
        keep: async () => {
          entry.state = 'kept';
        },
      };
    },
    async unwind() {
      for (let undo = stack.pop(); undo; undo = stack.pop()) await undo();
      return failures;
    },
  };
}

export const testBuild: BuildInfo = {
  name: 'test',
  builderType: 'amazon-ebs',
  templateDir: process.cwd(),
  force: false,
  debug: false,
  onError: 'cleanup',
  local: false,
};

export interface TestRun extends RunContext {
  readonly ui: RecordingUi;
  readonly resources: MemoryResources;
  readonly secrets: string[];
}

/** A run context for one plugin, with `{{ .Key }}` and `{{ .Key.Sub }}` as the only template syntax. */
export function testRun(options: { readonly build?: Partial<BuildInfo>; readonly signal?: AbortSignal } = {}): TestRun {
  const secrets: string[] = [];
  return {
    build: { ...testBuild, ...options.build },
    signal: options.signal ?? new AbortController().signal,
    ui: recordingUi(),
    resources: memoryResources(),
    runUuid: randomUUID(),
    buildData: {},
    secrets,
    secret: value => void secrets.push(value),
    render: (template, extra = {}) =>
      template.replace(/\{\{\s*((?:\.\w+)+)\s*\}\}/g, (_, path: string) =>
        String(
          path
            .slice(1)
            .split('.')
            .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], extra) ?? '<no value>',
        ),
      ),
  };
}

/** The context of a post-processor that works on a machine; counts how often it said that it is done with it. */
export function testPostProcess(run: TestRun, machine: Machine | undefined): PostProcessContext & { done: number } {
  const context = {
    ...run,
    artifact: undefined,
    machine,
    done: 0,
    buildData: machine?.buildData ?? {},
    doneWithMachine: () => {
      context.done++;
    },
  };
  return context;
}

export interface Complaint {
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** A preparation context that remembers what was complained about, with paths as `a.0.b`. */
export function testPrepare(
  build: Partial<BuildInfo> = {},
  node?: ConfigNode,
): PrepareContext & { readonly complaints: Complaint[]; readonly secrets: string[] } {
  const complaints: Complaint[] = [];
  const secrets: string[] = [];
  const span = { file: { path: 'test.json', text: '' }, start: 0, end: 0 };
  const root: ConfigNode = node ?? { kind: 'object', members: [], span };
  const note =
    (severity: Complaint['severity']) =>
    (path: readonly (string | number)[], code: string, message: string, hint?: string): void =>
      void complaints.push({ severity, path: path.join('.'), code, message, hint });
  return {
    build: { ...testBuild, ...build },
    node: root,
    at: path => nodeAt(root, path)?.span ?? root.span,
    error: note('error'),
    warning: note('warning'),
    secret: value => void secrets.push(value),
    complaints,
    secrets,
  };
}
