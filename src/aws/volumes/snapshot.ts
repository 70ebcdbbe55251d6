import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws, Ec2 } from '../client/index.ts';
import { certainlyNotCreated, isKind } from '../policy/aws-error.ts';
import { createOnce } from '../policy/create-once.ts';
import { TOKEN_TAG, tagFilter, tagSpecs } from '../tags.ts';
import { undoWith } from '../undo.ts';
import { waitForSnapshot } from '../waits.ts';

export interface SnapshotRequest {
  readonly volume: string;
  /** Packer's default when undefined. */
  readonly description: string | undefined;
  /** Without the run's own, which are added. */
  readonly tags: Readonly<Record<string, string>>;
  /** Tells it from other snapshots of the same volume by this build. */
  readonly purpose: string;
}

/** Begins a snapshot of a volume; it is owned by the build. `completed` waits until it can be used. */
export async function startSnapshot(run: RunContext, aws: Aws, request: SnapshotRequest): Promise<Owned<string>> {
  const ec2 = aws.ec2();
  const tag = `${TOKEN_TAG}=${run.resources.token(`snapshot ${request.volume} ${request.purpose}`)}`;
  const [key = '', token = ''] = tag.split('=');
  const tags = { ...request.tags, ...run.resources.tags, [key]: token };
  const description = request.description || `Packer: ${new Date().toISOString()}`;
  return run.resources.acquire(
    { kind: 'ec2:snapshot', account: ec2.account, with: { tag } },
    async () => {
      const id = await createOnce(
        run.signal,
        async () => {
          const reply = await ec2.createSnapshot(
            {
              VolumeId: request.volume,
              Description: description,
              TagSpecifications: tagSpecs(tags, 'snapshot' as const),
            },
            run.signal,
          );
          return reply.SnapshotId ?? '';
        },
        () => findSnapshot(ec2, tag, run.signal),
      );
      return { id, value: id };
    },
    undoWith(aws),
    certainlyNotCreated,
  );
}

/** Waits until a snapshot is complete, telling how far it is. */
export async function completed(run: RunContext, ec2: Ec2, snapshot: Owned<string>): Promise<void> {
  await waitForSnapshot(ec2, snapshot.value, run.signal, percent =>
    run.ui.progress(`snapshot ${snapshot.value}`, percent, 100),
  );
}

/** Lets accounts and groups make volumes of a snapshot. */
export async function shareSnapshot(
  run: RunContext,
  ec2: Ec2,
  id: string,
  { users, groups }: { readonly users: readonly string[]; readonly groups: readonly string[] },
): Promise<void> {
  const Add = [...groups.map(Group => ({ Group: Group as 'all' })), ...users.map(UserId => ({ UserId }))];
  if (Add.length === 0) return;
  run.ui.say(`Sharing snapshot ${id} in ${ec2.region}`);
  await ec2.modifySnapshotAttribute(
    { SnapshotId: id, Attribute: 'createVolumePermission', CreateVolumePermission: { Add } },
    run.signal,
    { notYet: error => isKind(error, 'not-found') },
  );
}

async function findSnapshot(ec2: Ec2, tag: string, signal: AbortSignal): Promise<string | undefined> {
  const found = await ec2.describeSnapshots({ OwnerIds: ['self'], Filters: tagFilter(tag) }, signal);
  return found.Snapshots?.[0]?.SnapshotId;
}
