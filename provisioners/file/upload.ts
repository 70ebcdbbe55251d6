import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeFileError, KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext } from '../../src/sdk/plugin.ts';
import { randomDigits } from '../../src/sdk/scripts/remote.ts';

export async function upload(
  sources: readonly string[],
  content: string | undefined,
  target: string,
  run: ProvisionContext,
): Promise<void> {
  if (content !== undefined) await uploadContent(run.render(content), target, run);
  for (const source of sources) await uploadPath(run.render(source), target, run);
}

async function uploadContent(content: string, target: string, run: ProvisionContext): Promise<void> {
  // Packer writes the text to a temporary file first, whose random name then counts as its base name.
  const path = target.endsWith('/') ? `${target}pkr-file-content${randomDigits(10)}` : target;
  run.ui.say(`Uploading content => ${target}`);
  await run.communicator.upload({ content }, path, { signal: run.signal, mode: 0o600 });
}

async function uploadPath(source: string, target: string, run: ProvisionContext): Promise<void> {
  const { ui, signal, communicator } = run;
  const stats = await stat(source).catch(error => {
    throw new KilnError(describeFileError(source, error), { cause: error });
  });
  const progress = (done: number, total: number | undefined): void => ui.progress(basename(source), done, total);
  if (stats.isDirectory()) {
    ui.say(`Uploading ${source} => ${target}`);
    await communicator.uploadFolder(source, target, { signal, progress });
    return;
  }
  const path = target.endsWith('/') ? `${target}${basename(source)}` : target;
  ui.say(`Uploading ${source} => ${target}`);
  await communicator.upload({ path: source }, path, { signal, progress });
}
