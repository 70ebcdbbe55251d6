import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';

export async function download(sources: readonly string[], target: string, run: ProvisionContext): Promise<void> {
  for (const source of sources) await downloadPath(run.render(source), target, run);
}

async function downloadPath(source: string, target: string, run: ProvisionContext): Promise<void> {
  const { ui, signal, communicator } = run;
  const folder = target.endsWith('/') ? target : dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o755 }).catch(error => {
    throw new KilnError(describeFileError(folder, error), { cause: error });
  });
  ui.say(`Downloading ${source} => ${target}`);
  const progress = (done: number, total: number | undefined): void => ui.progress(basename(source), done, total);
  if (source.endsWith('/')) {
    // Seen with Packer 1.6.6: the folder itself arrives below the destination, slash or not.
    await communicator.downloadFolder(source, join(target, basename(source)), { signal, progress });
  } else if (/[*?[]/.test(source)) {
    await communicator.downloadFolder(source, target, { signal, progress });
  } else {
    const path = target.endsWith('/') ? join(target, basename(source)) : target;
    await communicator.download(source, path, { signal, mode: 0o644, progress });
  }
}
