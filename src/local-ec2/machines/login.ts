import { sleep } from '../../sdk/async.ts';
import type { MachineSpec } from './contract.ts';
import { type Account, findAccount } from './guest/accounts.ts';
import type { Entrance } from './guest/enter.ts';
import type { GuestFiles } from './guest/files.ts';
import { ensureLogin } from './guest/prepare.ts';
import type { Life } from './life.ts';
import type { Guest } from './ssh/guest.ts';

/** How long a first command waits for systemd to answer. */
const SETTLE_LIMIT = 5000;
/** systemd listens on the first from early on, root's way; all others come over D-Bus, where the image has it. */
const SYSTEMD_SOCKET = '/run/systemd/private';
const BUS_SOCKET = '/run/dbus/system_bus_socket';
const BUS_UNITS = ['/lib/systemd/system/dbus.socket', '/usr/lib/systemd/system/dbus.socket'];
const FIRST_ORDINARY_UID = 1000;
const NO_LOGIN = /\/(nologin|false|sync|halt|shutdown)$/;

export interface LoginOptions {
  readonly spec: MachineSpec;
  readonly files: GuestFiles;
  readonly entrance: Entrance;
  readonly life: Life;
  readonly systemd: boolean;
  notice(text: string): void;
}

/** The machine as its SSH server needs it. */
export function loginGuest({ spec, files, entrance, life, systemd, notice }: LoginOptions): Guest {
  const settled = systemd ? waitForSystemd(files) : Promise.resolve();
  let logins: Promise<unknown> = Promise.resolve();
  return {
    files,
    authorizedKeys: spec.authorizedKeys,
    run: command => entrance.run(command),
    settled: () => settled,
    goingDown: async () => (await life.word()) !== '',
    // One at a time: two connections must not create the same user twice.
    login(name) {
      const result = logins.then(() => login(name));
      logins = result.catch(() => {});
      return result;
    },
  };

  async function login(name: string): Promise<Account | undefined> {
    const account = await findAccount(files, name);
    // Public images differ in their login's name, and EC2 never learns which one a template means: any name will do.
    if (!account) return ensureLogin(files, name, spec.authorizedKeys, notice);
    const ordinary = account.uid === 0 || account.uid >= FIRST_ORDINARY_UID || !NO_LOGIN.test(account.shell);
    return ordinary ? account : undefined;
  }
}

async function waitForSystemd(files: GuestFiles): Promise<void> {
  const wanted = [SYSTEMD_SOCKET];
  for (const unit of BUS_UNITS) if (await files.stat(unit)) wanted[1] = BUS_SOCKET;
  const deadline = performance.now() + SETTLE_LIMIT;
  while (wanted[0] !== undefined && performance.now() < deadline) {
    const stats = await files.stat(wanted[0]).catch(() => undefined);
    if (stats?.isSocket()) wanted.shift();
    else await sleep(20);
  }
}
