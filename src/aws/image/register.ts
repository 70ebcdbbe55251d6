import type { Owned } from '../../sdk/resources.ts';
import { tagSpecs } from '../tags.ts';
import { acquireImage } from './acquire.ts';
import { type MadeImage, type Making, withSnapshots } from './making.ts';
import type { RegisterRequest } from './registration.ts';

interface Registration {
  readonly name: string;
  /** It carries the template's tags and description. */
  readonly final: boolean;
  /** What it is made of: kept with it, gone with it. */
  readonly snapshots: readonly Owned<unknown>[];
}

/** Registers an image under a name and waits until it can be used. */
export async function registerImage(
  making: Making,
  { name, final, snapshots }: Registration,
  request: Omit<RegisterRequest, 'Name' | 'Description' | 'TagSpecifications'>,
): Promise<MadeImage> {
  const { run, machine } = making;
  run.ui.say(`Registering AMI ${name}`);
  const tags = { ...(final ? making.imageTags : {}), ...run.resources.tags };
  const made = await acquireImage(making, machine.ec2, name, 'registered', async () => {
    const reply = await machine.ec2.registerImage(
      {
        ...request,
        Name: name,
        ...(final && making.description && { Description: making.description }),
        TagSpecifications: tagSpecs(tags, 'image' as const),
      },
      run.signal,
    );
    return reply.ImageId;
  });
  return withSnapshots(made, snapshots);
}
