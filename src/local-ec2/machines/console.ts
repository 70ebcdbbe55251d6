import { createHash } from 'node:crypto';
import type { HostKey } from './guest/host-keys.ts';

/** EC2 keeps the last 64 KiB of a console. */
const LIMIT = 65_536;

/** What a machine would have printed on its console. */
export class MachineConsole {
  #text = '';
  readonly #started = performance.now();

  /** Raw output of the machine. */
  print(text: string): void {
    this.#text = (this.#text + text).slice(-LIMIT);
  }

  /** A line of kiln's own, with the seconds since the start as kernels print them. */
  say(text: string): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(6).padStart(12);
    this.print(`[${seconds}] kiln: ${text}\n`);
  }

  /** The host keys as cloud-init announces them, for clients that check them over this channel. */
  announce(keys: readonly HostKey[], hostname: string): void {
    this.print('-----BEGIN SSH HOST KEY FINGERPRINTS-----\n');
    for (const { publicLine } of keys) {
      const [type = '', blob = ''] = publicLine.split(' ');
      const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
      this.print(`256 SHA256:${digest} root@${hostname} (${type.includes('ed25519') ? 'ED25519' : 'ECDSA'})\n`);
    }
    this.print('-----END SSH HOST KEY FINGERPRINTS-----\n-----BEGIN SSH HOST KEY KEYS-----\n');
    for (const { publicLine } of keys) this.print(`${publicLine} root@${hostname}\n`);
    this.print('-----END SSH HOST KEY KEYS-----\n');
  }

  text(): string {
    return this.#text;
  }
}
