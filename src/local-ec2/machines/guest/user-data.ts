import { constants } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Account } from './accounts.ts';
import type { GuestCommand, GuestProcess } from './enter.ts';
import type { GuestFiles } from './files.ts';
import { documentParts } from './multipart.ts';

const FOLDER = '/var/lib/cloud/instance';
const LOG = '/var/log/cloud-init-output.log';
const BOOTHOOK = '#cloud-boothook';
const MAX_TEXT = 1_048_576;

export const ROOT_ACCOUNT: Account = { name: 'root', uid: 0, gid: 0, groups: [0], home: '/root', shell: '/bin/sh' };

/**
 * Puts the user data where cloud-init keeps it. Gives the path of the script to run, when there is one: boothooks at
 * every boot, scripts at the first one.
 */
export async function storeUserData(
  files: GuestFiles,
  userData: Buffer,
  firstBoot: boolean,
  notice: (text: string) => void,
): Promise<string | undefined> {
  const text = unpacked(userData);
  await files.writeText(`${FOLDER}/user-data.txt`, text, 0o600);
  const parts = documentParts(text);
  const hooks = parts.filter(part => part.toString('latin1', 0, BOOTHOOK.length) === BOOTHOOK);
  const scripts = parts.filter(part => part.toString('latin1', 0, 2) === '#!');
  const other = parts.find(part => !scripts.includes(part) && !hooks.includes(part));
  if (other && firstBoot) tellUninterpreted(other, notice);
  for (const folder of ['boothooks', 'scripts'])
    await files.makeFolder(`${FOLDER}/${folder}`, 0o755, { parents: true });
  const paths: string[] = [];
  const store = async (folder: string, script: Buffer): Promise<void> => {
    const path = `${FOLDER}/${folder}/${partName(paths.length)}`;
    await files.writeText(path, script, 0o700);
    paths.push(path);
  };
  for (const hook of hooks) await store('boothooks', hookScript(hook));
  if (firstBoot) for (const script of scripts) await store('scripts', script);
  if (paths.length < 2) return paths[0];
  const all = `${FOLDER}/scripts/all-parts`;
  await files.writeText(all, `#!/bin/sh\n${paths.join('\n')}\n`, 0o700);
  return all;
}

/** cloud-init takes away the line that says what it is. */
function hookScript(hook: Buffer): Buffer {
  return Buffer.from(hook.toString('latin1').slice(BOOTHOOK.length).trimStart(), 'latin1');
}

/** As cloud-init names them. */
function partName(index: number): string {
  return `part-${String(index + 1).padStart(3, '0')}`;
}

function tellUninterpreted(text: Buffer, notice: (text: string) => void): void {
  const head = text.toString('latin1', 0, 64);
  const kind = head.startsWith('#cloud-config') ? '#cloud-config' : 'not a script';
  if (text.length > 0)
    notice(
      `the user data (${kind}) is kept in ${FOLDER}/user-data.txt and not interpreted: local machines run scripts only`,
    );
}

function unpacked(userData: Buffer): Buffer {
  if (userData[0] !== 0x1f || userData[1] !== 0x8b) return userData;
  try {
    return gunzipSync(userData, { maxOutputLength: 16 * MAX_TEXT });
  } catch {
    return userData;
  }
}

/** Runs the user data's scripts as root to its end; its output goes to cloud-init's log and to the console. */
export async function runUserData(
  files: GuestFiles,
  run: (command: GuestCommand) => Promise<GuestProcess>,
  path: string,
  console: { print(text: string): void },
): Promise<void> {
  const { O_WRONLY, O_CREAT, O_APPEND } = constants;
  await files.makeFolder('/var/log', 0o755, { parents: true });
  const log = await files.open(LOG, O_WRONLY | O_CREAT | O_APPEND, 0o640);
  try {
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      USER: 'root',
      LOGNAME: 'root',
      SHELL: '/bin/sh',
    };
    const process = await run({ account: ROOT_ACCOUNT, argv: [path], env });
    process.stdin.on('error', () => {});
    process.stdin.end();
    let written: Promise<unknown> = Promise.resolve();
    const streams = [process.stdout, process.stderr].map(stream => {
      stream.on('data', (chunk: Buffer) => {
        console.print(chunk.toString('utf8'));
        written = written.then(() => log.writeFile(chunk)).catch(() => {});
      });
      return new Promise<void>(resolve => {
        stream.once('close', () => resolve());
        stream.once('error', () => resolve());
      });
    });
    const { code, signal } = await process.ended;
    if (code !== 0) console.print(`[kiln] the user data script ended with ${signal ?? `code ${code}`}\n`);
    // What the script left running in the background may hold its output open for ever.
    await Promise.race([Promise.all(streams), new Promise(resolve => setTimeout(resolve, 500).unref())]);
    await written;
  } finally {
    await log.close();
  }
}
