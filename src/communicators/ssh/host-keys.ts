import { createHash } from 'node:crypto';
import { KilnError } from '../../sdk/errors.ts';
import { HOST_KEY_TYPES } from './algorithms.ts';
import { readString } from './key-files.ts';

/**
 * Decides whether a host key is the right one: against the keys the machine is known to have when they can be had,
 * else against the first key seen, which then holds for the rest of the build (reboots included).
 */
export class HostKeys {
  #known: readonly Buffer[] | undefined;
  #pinned: Buffer | undefined;

  /** Keys (OpenSSH one-line form) that the machine is known to have; undefined leaves what is known already. */
  learn(lines: readonly string[] | undefined): void {
    const keys = lines?.flatMap(line => parseHostKey(line) ?? []);
    if (keys?.length) this.#known = keys;
  }

  get known(): boolean {
    return this.#known !== undefined;
  }

  /** Undefined when the key is right; otherwise the error to give up with. */
  judge(host: string, key: Buffer): KilnError | undefined {
    if (this.#known) {
      if (this.#known.some(one => one.equals(key))) return undefined;
      return wrongKey(`${host} shows the host key ${fingerprint(key)}, which is none of the machine's own`);
    }
    if (!this.#pinned || this.#pinned.equals(key)) return undefined;
    return wrongKey(
      `${host} now shows the host key ${fingerprint(key)}; at the first connection it was ${fingerprint(this.#pinned)}`,
    );
  }

  /** The login with this key succeeded: from now on it is the one. */
  pin(key: Buffer): void {
    this.#pinned = key;
  }

  /** Algorithms to offer: those of the expected keys first, so that the server shows one that can be compared. */
  algorithms(): string[] {
    const expected = this.#known ?? (this.#pinned ? [this.#pinned] : []);
    const types = new Set(expected.map(key => readString(key, 0)?.toString('latin1') ?? ''));
    const first = HOST_KEY_TYPES.filter(name => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name));
    return [...first, ...HOST_KEY_TYPES.filter(name => !first.includes(name))];
  }
}

function wrongKey(message: string): KilnError {
  return new KilnError(message, {
    code: 'wrong-host-key',
    hint: 'another machine may be answering at that address, or a provisioner replaced the host keys',
  });
}

/** The blob of an OpenSSH public key line, with or without a host name or comment around it. */
export function parseHostKey(line: string): Buffer | undefined {
  const match = /(?:^|\s)(ssh-[\w-]+|ecdsa-sha2-\w+)\s+([A-Za-z0-9+/]+=*)/.exec(line);
  const blob = Buffer.from(match?.[2] ?? '', 'base64');
  return match && readString(blob, 0)?.toString('latin1') === match[1] ? blob : undefined;
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
