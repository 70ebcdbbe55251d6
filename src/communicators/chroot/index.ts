import { basename } from 'node:path';
import type { CommandResult, Communicator, RunCommandOptions } from '../../sdk/communicator.ts';
import type { ChrootMachine } from '../../sdk/plugin.ts';
import { runLocalProcess } from '../../sdk/scripts/local-process.ts';
import { contentSource, fileSource } from '../ssh/byte-source.ts';
import { downloadFolder, uploadFolder } from '../ssh/folders.ts';
import { chrootFiles } from './files.ts';
import { enterLine } from './shell.ts';

/**
 * Runs commands with chroot in a root file system of this host. Files are written and read inside it too, so that a
 * link in the image leads to the image's own files and never to this host's.
 */
export function chrootCommunicator(root: ChrootMachine): Communicator {
  const files = chrootFiles(root);
  return {
    type: 'chroot',
    run: (command, options) => runCommand(root, command, options),
    async upload(source, target, options) {
      const bytes = 'path' in source ? await fileSource(source.path) : contentSource(source.content);
      const there = await files.stat(target);
      const name = 'path' in source ? basename(source.path) : '';
      const path = there?.kind === 'folder' && name ? `${target.replace(/\/+$/, '')}/${name}` : target;
      await files.upload(bytes, path, options);
    },
    uploadFolder: (source, target, options) => uploadFolder(files, source, target, options),
    download: (source, target, options) => files.download(source, target, options),
    downloadFolder: (source, target, options) => downloadFolder(files, source, target, options),
    reconnect: async () => {},
    close: async () => {},
  };
}

function runCommand(root: ChrootMachine, command: string, options: RunCommandOptions): Promise<CommandResult> {
  return runLocalProcess(['/bin/sh', '-c', enterLine(root, command)], {
    signal: options.signal,
    ui: { output: (stream, chunk) => options[stream]?.(chunk) },
  });
}
