import { KilnError } from '../../sdk/errors.ts';
import type { Ec2 } from '../client/index.ts';
import { acquireImage, type Maker, NAME_TAKEN } from '../image/acquire.ts';
import type { MadeImage } from '../image/making.ts';
import { modifyImage, tagFinished } from '../image/publish.ts';
import { sharedCalls } from '../shared-calls.ts';
import { tagSpecs } from '../tags.ts';

/** What is wanted of the final image. */
export interface ImageWishes {
  readonly ami_name?: string | undefined;
  readonly ami_description?: string | undefined;
  readonly ami_encrypt?: boolean | undefined;
  readonly ami_kms_key?: string | undefined;
  readonly ami_users?: readonly string[] | undefined;
  readonly ami_groups?: readonly string[] | undefined;
  readonly ami_org_arns?: readonly string[] | undefined;
  readonly ami_ou_arns?: readonly string[] | undefined;
  readonly imds_support?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** The wanted encryption, as ImportImage and CopyImage take it. */
export function encryptionOf({ ami_encrypt: encrypt, ami_kms_key: key }: ImageWishes): {
  Encrypted?: boolean;
  KmsKeyId?: string;
} {
  return encrypt ? { Encrypted: true, ...(key && { KmsKeyId: key }) } : {};
}

/** Throws KilnError when the wanted name is taken: better before the upload than after the import. */
export async function checkFreeName(ec2: Ec2, name: string, signal: AbortSignal): Promise<void> {
  const [taken] = await sharedCalls(ec2).imagesNamed(name, signal);
  if (!taken) return;
  throw new KilnError(`the name "${name}" is taken by image ${taken.ImageId} in ${ec2.region}`, {
    hint: 'choose another ami_name, or deregister that image',
    code: NAME_TAKEN,
  });
}

/**
 * Makes the final image of an imported one: under the wanted name, which takes a copy, with its attributes, shared, and
 * last of all tagged and marked as finished. An import that was copied is gone then.
 */
export async function finishImage(maker: Maker, imported: MadeImage, wishes: ImageWishes): Promise<MadeImage> {
  const { run } = maker;
  const { ec2 } = imported;
  const { ami_name: name, ami_description: description, tags = {} } = wishes;
  // EC2 tags the task of an import, not what it makes.
  await sharedCalls(ec2).tag([imported.id, ...imported.snapshots], run.resources.tags, run.signal);
  const image = name ? await copyAs(maker, imported, name, wishes) : imported;
  if (description && !name) {
    const Description = { Value: description };
    await ec2.modifyImageAttribute({ ImageId: image.id, Description }, run.signal);
  }
  await modifyImage(run, wishes, image);
  await tagFinished({ run, tags, snapshotTags: {} }, image);
  await image.owned.keep();
  if (image !== imported) {
    run.ui.say(`Removing the imported AMI ${imported.id}, which has been copied`);
    await imported.owned.release();
  }
  return image;
}

function copyAs(maker: Maker, { id, ec2 }: MadeImage, name: string, wishes: ImageWishes): Promise<MadeImage> {
  const { run } = maker;
  run.ui.say(`Copying AMI ${id}, as only copies of an imported one can be named "${name}"`);
  return acquireImage(maker, ec2, name, 'copy', async () => {
    const reply = await ec2.copyImage(
      {
        SourceRegion: ec2.region,
        SourceImageId: id,
        Name: name,
        ClientToken: run.resources.token(`copy ${name} ${id}`),
        ...(wishes.ami_description && { Description: wishes.ami_description }),
        ...encryptionOf(wishes),
        TagSpecifications: tagSpecs({ ...wishes.tags, ...run.resources.tags }, 'image' as const, 'snapshot' as const),
      },
      run.signal,
    );
    return reply.ImageId;
  });
}
