import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws, Ec2 } from '../client/index.ts';
import { AwsError, certainlyNotCreated } from '../policy/aws-error.ts';
import { watch } from '../state-pollers.ts';
import { TOKEN_TAG, tagSpecs } from '../tags.ts';
import type { ImportImageRequest, ImportImageTask } from '../types.ts';
import { undoWith } from '../undo.ts';
import { waitFor } from '../waiter.ts';

/** Longest that an import may go without progress, in milliseconds (Packer's whole wait: 720 looks, 5 s apart). */
const LONGEST = 60 * 60_000;

/** Starts an import. It is owned: whatever fails later, it is cancelled, or the image it made is removed. */
export async function startImport(
  run: RunContext,
  aws: Aws,
  request: Omit<ImportImageRequest, 'ClientToken' | 'TagSpecifications' | 'DryRun'>,
): Promise<Owned<string>> {
  const ec2 = aws.ec2();
  const token = run.resources.token('import');
  run.signal.throwIfAborted();
  try {
    return await run.resources.acquire<string>(
      { kind: 'ec2:import-task', account: ec2.account, token },
      async () => {
        const { ImportTaskId: id } = await ec2.importImage(
          {
            ...request,
            ClientToken: token,
            TagSpecifications: tagSpecs({ ...run.resources.tags, [TOKEN_TAG]: token }, 'import-image-task' as const),
          },
          run.signal,
        );
        if (!id) throw new KilnError('EC2 began to import the image but did not say the id of the task');
        return { id, value: id };
      },
      undoWith(aws),
      certainlyNotCreated,
    );
  } catch (error) {
    if (!(error instanceof AwsError) || !/\brole\b/i.test(error.message)) throw error;
    throw new KilnError(messageOf(error), {
      hint: `VM Import works as the role ${request.RoleName ?? 'vmimport'}: make it as the VM Import/Export user guide says ("Required service role"), with access to the bucket`,
      cause: error,
      code: 'aws-import-role',
    });
  }
}

/** Waits until an import is complete, telling how it goes. Gives the image's id; throws with EC2's reason when it failed. */
export function waitForImport(ec2: Ec2, id: string, run: Pick<RunContext, 'ui' | 'signal'>): Promise<string> {
  let told = '';
  const tell = (task: ImportImageTask): void => {
    const text = task.StatusMessage ?? '';
    if (text && text !== told) run.ui.say(`Import ${id}: ${text}`);
    told = text || told;
    const percent = Number.parseInt(task.Progress ?? '', 10);
    if (Number.isFinite(percent)) run.ui.progress(`import ${id}`, percent, 100);
  };
  const { importTasks, times } = watch(ec2);
  return waitFor<ImportImageTask, string>(
    importTasks,
    {
      id,
      what: `import ${id}`,
      goal: 'completed',
      kind: 'import',
      times,
      longest: LONGEST,
      polling: ec2.polling,
      look(task) {
        const state = task.Status ?? 'active';
        if (state === 'completed' && task.ImageId) return { done: task.ImageId };
        // While it is deleted its message may still be on the way.
        if (state === 'deleted' || (state === 'deleting' && task.StatusMessage)) throw failed(id, ec2, task);
        if (state === 'active') tell(task);
        return { waiting: task.StatusMessage || state, progress: task.Progress };
      },
    },
    run.signal,
  );
}

function failed(id: string, ec2: Ec2, { StatusMessage: reason }: ImportImageTask): KilnError {
  return new KilnError(`EC2 could not import the disk image in ${ec2.region}${reason ? `: ${reason}` : ` (${id})`}`, {
    hint: 'the VM Import/Export user guide lists what disk formats and systems it takes, and what its messages mean',
    code: 'aws-import-failed',
  });
}
