import type { Account } from '../guest/accounts.ts';
import type { GuestCommand, GuestProcess } from '../guest/enter.ts';
import type { GuestFiles } from '../guest/files.ts';

/** What the SSH server needs of the machine it serves. */
export interface Guest {
  readonly files: GuestFiles;
  /** Key lines that open every login. */
  readonly authorizedKeys: readonly string[];
  run(command: GuestCommand): Promise<GuestProcess>;
  /** The account to log in as; made when a public image would have it. Undefined: no such login. */
  login(name: string): Promise<Account | undefined>;
  /** Resolves once commands may run: the init system answers, or there is none, or it takes too long. */
  settled(): Promise<void>;
  /** Whether the machine is on its way down. */
  goingDown(): Promise<boolean>;
}
