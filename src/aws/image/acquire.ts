import { KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Ec2 } from '../client/index.ts';
import type { Ec2Machine } from '../machine.ts';
import { certainlyNotCreated, isKind } from '../policy/aws-error.ts';
import { createOnce } from '../policy/create-once.ts';
import { literal } from '../shared-calls.ts';
import { runTag, tagFilter } from '../tags.ts';
import { undoWith } from '../undo.ts';
import { type ImageKind, waitForImage } from '../waits.ts';
import { type MadeImage, madeImage } from './making.ts';

/** Code of the error that says that a name is in use. */
export const NAME_TAKEN = 'ami-name-taken';

/** The run that makes images, how it reaches the account, and what it has made so far. */
export interface Maker {
  readonly run: RunContext;
  readonly machine: Pick<Ec2Machine, 'aws' | 'ec2'>;
  /** Every image made so far, complete or not. */
  readonly owned: Owned<unknown>[];
}

/**
 * Makes an image by `create`, which gives its id, and waits until it can be used. From the moment it exists it is
 * owned: whatever fails later, it is deregistered and its snapshots deleted.
 */
export async function acquireImage(
  making: Maker,
  ec2: Ec2,
  name: string,
  kind: ImageKind,
  create: () => Promise<string | undefined>,
): Promise<MadeImage> {
  const { run, machine } = making;
  const tag = runTag(run.resources);
  const owned = await acquired(ec2, name, () =>
    run.resources.acquire<string>(
      { kind: 'ec2:image', account: ec2.account, name, with: { tag } },
      async () => {
        const id = await createOnce(
          run.signal,
          () => created(name, create),
          () => findOwn(ec2, name, tag, run.signal),
        );
        return { id, value: id };
      },
      undoWith(machine.aws),
      certainlyNotCreated,
    ),
  );
  making.owned.push(owned);
  run.ui.say(`AMI: ${owned.value}${ec2.region === machine.ec2.region ? '' : ` in ${ec2.region}`}`);
  const image = await waitForImage(ec2, owned.value, kind, run.signal, percent =>
    run.ui.progress(`AMI ${owned.value}`, Math.round(percent), 100),
  );
  return madeImage(ec2, { ...withMethods(owned), value: image });
}

/** The handle's methods, whatever object they live on. */
function withMethods(owned: Owned<unknown>): Omit<Owned<never>, 'value'> {
  return {
    ref: owned.ref,
    release: () => owned.release(),
    releaseSoon: () => owned.releaseSoon(),
    keep: () => owned.keep(),
  };
}

async function created(name: string, create: () => Promise<string | undefined>): Promise<string> {
  const id = await create();
  if (id) return id;
  throw new KilnError(`EC2 made image "${name}" but did not say its id`);
}

/** The image of this run by that name, after the answer of its creation was lost. */
async function findOwn(ec2: Ec2, name: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
  const filters = [{ Name: 'name', Values: [literal(name)] }, ...tagFilter(tag)];
  const { Images = [] } = await ec2.describeImages({ Owners: ['self'], Filters: filters }, signal);
  return Images.find(image => image.Name === name)?.ImageId;
}

/** Says that a name is taken the way the check before the launch does. */
async function acquired<T>(ec2: Ec2, name: string, acquire: () => Promise<T>): Promise<T> {
  try {
    return await acquire();
  } catch (error) {
    if (!isKind(error, 'duplicate')) throw error;
    throw new KilnError(`the name "${name}" is taken by another image in ${ec2.region}`, {
      hint: 'choose another ami_name, or replace the image with force_deregister',
      cause: error,
      code: NAME_TAKEN,
    });
  }
}
