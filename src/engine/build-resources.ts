import { createHash } from 'node:crypto';
import { messageOf } from '../sdk/errors.ts';
import type { Owned, ResourceRef, Resources, UndoResource } from '../sdk/resources.ts';
import type { Ledger } from './ledger.ts';
import type { RecordedResource } from './runs.ts';
import type { UndoStack } from './undo-stack.ts';

/** Longest an undo may take, in milliseconds: EC2's own limit for terminating plus security-group retries. */
const UNDO_DEADLINE = 15 * 60_000;

export interface BuildResourcesInput {
  readonly runId: string;
  readonly build: string;
  /** The tags of what is made now. */
  readonly tags: () => Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly undo: UndoStack;
  /** How often the run was resumed: a resumed run must not get the answers of its earlier tokens. */
  readonly resumed?: number;
  /** What a resumed build takes over. */
  readonly adopt?: Adoption;
}

/** The leftovers of the run that is resumed, first created first, and how to undo them. */
export interface Adoption {
  readonly resources: readonly RecordedResource[];
  readonly undo: UndoResource;
}

/** The resources of one build: each is in the ledger before it exists, and on the undo stack until it is kept. */
export function buildResources(input: BuildResourcesInput): Resources {
  const { ledger, build, resumed = 0 } = input;
  const salt = resumed > 0 ? `${input.runId}\0${resumed}` : input.runId;
  const undoAndRecord = async (n: number, ref: ResourceRef, undo: UndoResource): Promise<void> => {
    try {
      await undo(ref, AbortSignal.timeout(UNDO_DEADLINE));
      ledger.closed(n, 'undone');
    } catch (error) {
      ledger.undoFailed(n, messageOf(error));
      throw error;
    }
  };
  /** Puts an undo on the stack and gives the handle by which its owner releases or keeps the resource. */
  const own = <T>(n: number, ref: Owned<T>['ref'], value: T, undo: UndoResource): Owned<T> => {
    let kept = false;
    const release = input.undo.push(undoing(ref).todo, () => (kept ? Promise.resolve() : undoAndRecord(n, ref, undo)));
    return {
      ref,
      value,
      release,
      releaseSoon: () => void release(),
      keep: async () => {
        kept = true;
        ledger.closed(n, 'kept');
      },
    };
  };
  const adopt = ({ resources, undo }: Adoption): Owned<string>[] =>
    resources.flatMap(({ n, ref }) => {
      if (ref.id !== undefined) return [own(n, { ...ref, id: ref.id }, ref.id, undo)];
      input.undo.push(undoing(ref).todo, () => undoAndRecord(n, ref, undo));
      return [];
    });
  return {
    runId: input.runId,
    get tags() {
      return input.tags();
    },
    ...(input.adopt && { adopted: adopt(input.adopt) }),
    token: purpose => `kiln-${createHash('sha256').update(`${salt}\0${build}\0${purpose}`).digest('hex').slice(0, 40)}`,

    async acquire<T>(
      intent: Omit<ResourceRef, 'id'>,
      create: () => Promise<{ readonly id: string; readonly value: T }>,
      undo: UndoResource,
      certainlyNotCreated: (error: unknown) => boolean = () => false,
    ): Promise<Owned<T>> {
      const n = ledger.intent(build, intent);
      let made: { readonly id: string; readonly value: T };
      try {
        made = await create();
      } catch (error) {
        if (certainlyNotCreated(error)) ledger.closed(n, 'not-created');
        // The reply may have been lost after the effect: look for it by name or token when the build ends.
        else input.undo.push(undoing(intent).todo, () => undoAndRecord(n, intent, undo));
        throw error;
      }
      ledger.created(n, made.id);
      return own(n, { ...intent, id: made.id }, made.value, undo);
    },
  };
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  'ec2:key-pair': 'key pair',
  'ec2:security-group': 'security group',
  'ec2:image': 'AMI',
  'ec2:replaced-image': 'replaced AMI',
  'ec2:launch-template': 'launch template',
  's3:object': 'S3 object',
};

/** e.g. `instance i-0123 in eu-west-1`. */
export function describe(ref: ResourceRef): string {
  const kind = KIND_NAMES[ref.kind] ?? ref.kind.replace(/^[a-z0-9]+:/, '').replaceAll('-', ' ');
  return `${kind} ${ref.id ?? ref.name ?? '(unnamed)'} in ${ref.account.region}`;
}

/** What undoing a resource is, before and after: `remove instance i-0123 in eu-west-1`. */
export function undoing(ref: ResourceRef): { readonly todo: string; readonly done: string } {
  const verbs = ref.kind === 'ec2:replaced-image' ? ['bring back', 'brought back'] : ['remove', 'removed'];
  const what = describe(ref);
  return { todo: `${verbs[0]} ${what}`, done: `${verbs[1]} ${what}` };
}
