import type { ResourceRef } from '../../sdk/resources.ts';
import type { Ec2, Ec2Service } from '../client/index.ts';
import { isKind } from '../policy/aws-error.ts';
import { gone } from '../removal.ts';
import type { Image } from '../types.ts';

type Permissions = NonNullable<Awaited<ReturnType<Ec2Service['describeImageAttribute']>>['LaunchPermissions']>;

/** A deprecation that has passed meanwhile is asked for that much later than now, in milliseconds: EC2 takes no past ones. */
const SOON = 2 * 60_000;

/** With whom an image is shared and when it is deprecated, as the ledger keeps it: RegisterImage takes neither. */
export async function publicationOf(image: Image, ec2: Ec2, signal: AbortSignal): Promise<Record<string, string>> {
  const permissions = await permissionsOf(image.ImageId ?? '', ec2, signal);
  return {
    ...(permissions.length > 0 && { permissions: JSON.stringify(permissions) }),
    ...(image.DeprecationTime && { deprecation: image.DeprecationTime }),
  };
}

async function permissionsOf(ImageId: string, ec2: Ec2, signal: AbortSignal): Promise<Permissions> {
  let found: Permissions = [];
  try {
    await gone(async () => {
      const reply = await ec2.describeImageAttribute({ ImageId, Attribute: 'launchPermission' }, signal);
      found = reply.LaunchPermissions ?? [];
    });
  } catch (error) {
    // Who may not read them bakes all the same: they are for the rare case that the old image must come back.
    if (!isKind(error, 'denied')) throw error;
  }
  return found;
}

const visible = { notYet: (error: unknown) => isKind(error, 'not-found') };

/** Shares and deprecates an image as the replaced one was. May be called again. */
export async function publishAgain(ref: ResourceRef, ImageId: string, ec2: Ec2, signal: AbortSignal): Promise<void> {
  const { permissions, deprecation } = ref.with ?? {};
  if (permissions) {
    const Add = JSON.parse(permissions) as Permissions;
    await ec2.modifyImageAttribute(
      { ImageId, Attribute: 'launchPermission', LaunchPermission: { Add } },
      signal,
      visible,
    );
  }
  if (deprecation) {
    const DeprecateAt = new Date(Math.max(Date.parse(deprecation), Date.now() + SOON));
    await ec2.enableImageDeprecation({ ImageId, DeprecateAt }, signal, visible);
  }
}
