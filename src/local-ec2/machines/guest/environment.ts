import type { Account } from './accounts.ts';
import type { GuestFiles } from './files.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ROOT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const USER_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games';

/** What a login over SSH finds in its environment, with what the client asked for. */
export async function loginEnvironment(
  files: GuestFiles,
  account: Account,
  asked: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  return {
    PATH: account.uid === 0 ? ROOT_PATH : USER_PATH,
    ...readAssignments(await files.readText('/etc/default/locale').catch(() => undefined)),
    ...readAssignments(await files.readText('/etc/environment').catch(() => undefined)),
    ...Object.fromEntries(Object.entries(asked).filter(([name, value]) => NAME.test(name) && !value.includes('\0'))),
    USER: account.name,
    LOGNAME: account.name,
    HOME: account.home,
    SHELL: account.shell,
  };
}

/** Lines `NAME=value` or `export NAME="value"`, as pam_env reads /etc/environment. */
function readAssignments(text: string | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of (text ?? '').split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (!match?.[1]) continue;
    const value = (match[2] ?? '').trim();
    const quoted = /^(["'])(.*)\1$/.exec(value);
    found[match[1]] = quoted?.[2] ?? value;
  }
  return found;
}

/** Text as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
