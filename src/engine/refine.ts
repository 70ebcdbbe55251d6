import type { Artifact } from '../sdk/artifact.ts';
import { DiagnosticError, messageOf } from '../sdk/errors.ts';
import type { PostProcessContext, PostProcessResult, PreparedPostProcessor } from '../sdk/plugin.ts';
import type { PostProcessorSpec } from '../template/model.ts';
import type { BuildUi } from './build-ui.ts';
import type { Planned } from './plan.ts';

type Element = Planned<PostProcessorSpec, PreparedPostProcessor>;

export interface RefineInput {
  readonly sequences: readonly (readonly Element[])[];
  /** The builder's artifact; undefined when it has none (then only elements that work on the machine can begin). */
  readonly original: Artifact | undefined;
  readonly ui: BuildUi;
  readonly signal: AbortSignal;
  readonly reevaluate: boolean;
  context(
    element: Element,
    artifact: Artifact | undefined,
  ): { readonly context: PostProcessContext; readonly ui: BuildUi };
}

export interface Refined {
  /** Original first when it was kept, then per sequence what was kept and its last artifact. */
  readonly artifacts: readonly Artifact[];
  readonly errors: readonly unknown[];
}

/**
 * Runs the post-processor sequences by the rules of the JSON template reference, section 7. An error ends only its own
 * sequence. Unlike in Packer it never costs the builder's artifact: what is finished is kept when something failed.
 */
export async function refine(input: RefineInput): Promise<Refined> {
  const { original, sequences } = input;
  const errors: unknown[] = [];
  const artifacts: Artifact[] = [];
  let keepOriginal = sequences.length === 0;
  for (const sequence of sequences) {
    if (original === undefined && !sequence[0]?.prepared.needsMachine) continue;
    const result = await runSequence(sequence, input);
    artifacts.push(...result.artifacts);
    keepOriginal ||= result.keepsOriginal;
    if (result.failed) {
      errors.push(result.error);
      keepOriginal = true;
    }
    if (input.signal.aborted) break;
  }
  if (original === undefined) return { artifacts, errors };
  if (keepOriginal || input.signal.aborted) return { artifacts: [original, ...artifacts], errors };
  await discard(original, input);
  return { artifacts, errors };
}

interface SequenceResult {
  readonly artifacts: readonly Artifact[];
  readonly keepsOriginal: boolean;
  readonly failed: boolean;
  readonly error?: unknown;
}

async function runSequence(sequence: readonly Element[], input: RefineInput): Promise<SequenceResult> {
  const artifacts: Artifact[] = [];
  let current = input.original;
  let keepsOriginal = false;
  for (const [index, element] of sequence.entries()) {
    let result: PostProcessResult;
    try {
      result = await runElement(element, current, input);
    } catch (error) {
      // A half-finished sequence leaves its last good artifact to the user.
      if (index > 0 && current) artifacts.push(current);
      return { artifacts, keepsOriginal, failed: true, error };
    }
    const keep = keepsInput(result, element.spec.keepInputArtifact);
    if (current === input.original) keepsOriginal ||= keep;
    else if (current && keep) artifacts.push(current);
    else if (current && current !== result.artifact) await discard(current, input);
    current = result.artifact;
    if (!current) break;
  }
  if (current) artifacts.push(current);
  return { artifacts, keepsOriginal, failed: false };
}

function keepsInput(result: PostProcessResult, asked: boolean | undefined): boolean {
  if (asked === undefined) return result.keepInput;
  return asked || (result.keepInput && result.forceKeepInput);
}

async function runElement(
  element: Element,
  artifact: Artifact | undefined,
  input: RefineInput,
): Promise<PostProcessResult> {
  input.signal.throwIfAborted();
  const { spec } = element;
  input.ui.say(`Running post-processor: ${spec.named ? `${spec.name} (type ${spec.type})` : spec.type}`);
  const { context, ui } = input.context(element, artifact);
  try {
    let prepared = element.prepared;
    if (input.reevaluate) {
      const again = await element.again(context.buildData);
      if (again.result === undefined) throw new DiagnosticError(again.diagnostics);
      prepared = again.result;
    }
    const result = await prepared.process(context);
    context.doneWithMachine();
    return result;
  } finally {
    ui.flush();
  }
}

async function discard(artifact: Artifact, input: RefineInput): Promise<void> {
  try {
    await artifact.destroy(input.signal);
  } catch (error) {
    input.ui.error(
      `An artifact that is not wanted any more could not be removed (${artifact.id || artifact.files.join(', ')}): ${messageOf(error)}`,
    );
  }
}
