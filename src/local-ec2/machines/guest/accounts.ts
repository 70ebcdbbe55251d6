import { lchown } from 'node:fs/promises';
import { KilnError } from '../../../sdk/errors.ts';
import { GuestFileError, type GuestFiles, type Identity } from './files.ts';

/** A line of the machine's /etc/passwd, with the groups the user is in. */
export interface Account extends Identity {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** What useradd accepts; nothing a shell or a colon-separated file could misread. */
const VALID_NAME = /^[a-z_][a-z0-9_-]{0,31}$/;
const FIRST_UID = 1000;
/** Groups that let a user administer the machine, as public images put their login user in. */
const ADMIN_GROUPS = ['adm', 'sudo', 'wheel'];

export function isValidLogin(name: string): boolean {
  return VALID_NAME.test(name);
}

async function table(files: GuestFiles, path: string): Promise<string[][]> {
  const text = (await files.readText(path)) ?? '';
  return text
    .split('\n')
    .filter(line => line.includes(':'))
    .map(line => line.split(':'));
}

/** Looks a user up in the machine's own files; undefined when there is none of that name. */
export async function findAccount(files: GuestFiles, name: string): Promise<Account | undefined> {
  const entry = (await table(files, '/etc/passwd')).find(fields => fields[0] === name);
  if (!entry) return undefined;
  const [, , uid = '', gid = '', , home = '', shell = ''] = entry;
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  const groups = (await table(files, '/etc/group'))
    .filter(fields => fields[3]?.split(',').includes(name))
    .map(fields => Number(fields[2]))
    .filter(id => Number.isInteger(id));
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    groups: [...new Set([Number(gid), ...groups])],
    home: home || '/',
    shell: shell || '/bin/sh',
  };
}

/** Creates a login user as cloud-init does: own group, home from /etc/skel, bash where there is one, admin groups. */
export async function createAccount(files: GuestFiles, name: string): Promise<Account> {
  if (!isValidLogin(name))
    throw new KilnError(`"${name}" cannot be a user name in the machine`, {
      hint: 'names have lower-case letters, digits, "-" and "_", and start with a letter',
      code: 'invalid-user-name',
    });
  const users = await table(files, '/etc/passwd');
  const groups = await table(files, '/etc/group');
  const taken = new Set([...users, ...groups].map(fields => Number(fields[2])));
  let uid = FIRST_UID;
  while (taken.has(uid)) uid++;
  // A group of that name (Ubuntu has "admin") becomes the user's own.
  const existing = groups.find(fields => fields[0] === name);
  const gid = existing ? Number(existing[2]) : uid;
  const shell = (await files.hasProgram('/bin/bash')) ? '/bin/bash' : '/bin/sh';
  const home = `/home/${name}`;
  const day = Math.floor(Date.now() / 86_400_000);
  if (!existing) {
    await appendLine(files, '/etc/group', `${name}:x:${gid}:`, 0o644);
    await appendLine(files, '/etc/gshadow', `${name}:!::`, 0o640);
  }
  await joinGroups(files, name, ADMIN_GROUPS);
  await appendLine(files, '/etc/shadow', `${name}:*:${day}:0:99999:7:::`, 0o640);
  await appendLine(files, '/etc/passwd', `${name}:x:${uid}:${gid}::${home}:${shell}`, 0o644);
  await ensureHome(files, { name, uid, gid, groups: [gid], home, shell });
  return (await findAccount(files, name)) ?? { name, uid, gid, groups: [gid], home, shell };
}

async function appendLine(files: GuestFiles, path: string, line: string, mode: number): Promise<void> {
  const before = (await files.readText(path)) ?? '';
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  await files.writeText(path, `${before}${gap}${line}\n`, mode);
}

async function joinGroups(files: GuestFiles, user: string, names: readonly string[]): Promise<void> {
  for (const [path, mode] of [
    ['/etc/group', 0o644],
    ['/etc/gshadow', 0o640],
  ] as const) {
    const text = await files.readText(path);
    if (text === undefined) continue;
    const lines = text.split('\n').map(line => {
      const fields = line.split(':');
      const members = fields[3]?.split(',').filter(Boolean) ?? [];
      if (!names.includes(fields[0] ?? '') || members.includes(user)) return line;
      return [...fields.slice(0, 3), [...members, user].join(',')].join(':');
    });
    await files.writeText(path, lines.join('\n'), mode);
  }
}

/** Makes the user's home with a copy of /etc/skel, when there is none. */
export async function ensureHome(files: GuestFiles, account: Account): Promise<void> {
  if (await files.stat(account.home)) return;
  await files.makeFolder(account.home.replace(/\/[^/]*$/, '') || '/', 0o755, { parents: true });
  await files.makeFolder(account.home, 0o755, { owner: account });
  await copySkeleton(files, '/etc/skel', account.home, account);
}

async function copySkeleton(files: GuestFiles, from: string, to: string, owner: Identity): Promise<void> {
  const names = await files.list(from).catch(() => []);
  for (const name of names) {
    const source = `${from}/${name}`;
    await files.at(source, false, async place => {
      if (place.stats?.isDirectory()) {
        await files.makeFolder(`${to}/${name}`, place.stats.mode, { owner });
        await copySkeleton(files, source, `${to}/${name}`, owner);
      } else if (place.stats?.isSymbolicLink()) {
        await files.makeLink(await files.readLink(source), `${to}/${name}`);
        await files.at(`${to}/${name}`, false, made => lchown(made.path, owner.uid, owner.gid));
      } else if (place.stats?.isFile()) {
        const text = await files.readText(source);
        if (text !== undefined) await files.writeText(`${to}/${name}`, text, place.stats.mode & 0o7777, owner);
      }
    });
  }
}

/** Adds OpenSSH key lines to a user's ~/.ssh/authorized_keys, in front of what is there. */
export async function authorizeKeys(files: GuestFiles, account: Account, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const folder = `${account.home}/.ssh`;
  const path = `${folder}/authorized_keys`;
  // As the user: a home that another image filled with links leads nowhere the user could not go.
  const own = files.as(account);
  const stats = await own.stat(folder);
  if (!stats) await own.makeFolder(folder, 0o700);
  else if (!stats.isDirectory()) throw new GuestFileError('ENOTDIR');
  const before = (await own.readText(path)) ?? '';
  const missing = lines.map(line => line.trim()).filter(line => line !== '' && !before.includes(line));
  if (missing.length > 0) await own.writeText(path, `${missing.join('\n')}\n${before}`, 0o600);
}
