import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned, UndoResource } from '../../sdk/resources.ts';
import type { Aws, Ec2Service } from '../client/index.ts';
import { certainlyNotCreated } from '../policy/aws-error.ts';
import { TOKEN_TAG, tagSpecs } from '../tags.ts';
import { waitForVolume } from '../waits.ts';

type VolumeRequest = Omit<
  Parameters<Ec2Service['createVolume']>[0],
  'AvailabilityZone' | 'ClientToken' | 'TagSpecifications'
> & { readonly AvailabilityZone: string };

/** A new volume, owned by the build, ready to be attached. `parts`: what its undo must know besides. */
export async function createVolume(
  run: RunContext,
  aws: Aws,
  request: VolumeRequest,
  tags: Readonly<Record<string, string>>,
  undo: UndoResource,
  parts: Readonly<Record<string, string>> = {},
): Promise<Owned<string>> {
  const ec2 = aws.ec2();
  const token = run.resources.token('volume');
  const owned = await run.resources.acquire(
    { kind: 'ec2:volume', account: ec2.account, with: { ...parts, tag: `${TOKEN_TAG}=${token}` } },
    async () => {
      const reply = await ec2.createVolume(
        {
          ...request,
          ClientToken: token,
          TagSpecifications: tagSpecs({ ...tags, ...run.resources.tags, [TOKEN_TAG]: token }, 'volume' as const),
        },
        run.signal,
      );
      const id = reply.VolumeId ?? '';
      return { id, value: id };
    },
    undo,
    certainlyNotCreated,
  );
  await waitForVolume(ec2, owned.value, 'available', run.signal);
  return owned;
}
