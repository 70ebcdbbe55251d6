import { sleep, withDeadline } from '../../sdk/async.ts';
import { formatDuration } from '../../sdk/duration.ts';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { ConnectTarget, Machine, Ui } from '../../sdk/plugin.ts';
import { connectionFailure, isConnectionFailure } from '../../sdk/scripts/connection-failure.ts';
import { type Connection, LOGIN_REFUSED, openConnection } from './connection.ts';
import { HostKeys } from './host-keys.ts';
import type { SshSettings } from './settings.ts';
import { openSocket, openThroughProxy } from './sockets.ts';
import { openTunnels } from './tunnels.ts';

/** Waits between attempts, in milliseconds: short at first, as a machine that just booted may answer any moment. */
const TCP_WAIT = { first: 100, longest: 2000 };
const LOGIN_WAIT = { first: 500, longest: 2000 };
/** One TCP attempt: enough for the kernel's first repetitions of a lost packet. */
const TCP_TIMEOUT = 10_000;
/**
 * Without ssh_handshake_attempts refused logins are borne at least this long: users made by cloud-init appear after
 * sshd does. (Packer's ten attempts take about a minute, as each costs it seven seconds.)
 */
const LOGIN_PATIENCE = 30_000;
/** A single attempt to come back after a lost connection. */
const REDIAL_TIMEOUT = 20_000;

/** Makes connections to one machine, and remembers between them what it learnt about its host keys. */
export class Dialer {
  readonly #settings: SshSettings;
  readonly #machine: Machine;
  readonly #ui: Ui;
  readonly #hostKeys = new HostKeys();
  readonly #bastionKeys = new HostKeys();
  #announced = false;

  constructor(settings: SshSettings, machine: Machine, ui: Ui) {
    this.#settings = settings;
    this.#machine = machine;
    this.#ui = ui;
  }

  /** Tries until it is connected, ssh_timeout is over, or too many logins were refused. */
  async dial(signal: AbortSignal): Promise<Connection> {
    const { timeout } = this.#settings;
    const state: { last?: unknown } = {};
    if (timeout === undefined) return this.#persist(signal, state);
    return withDeadline(
      timeout,
      signal,
      () => timedOut(timeout, state.last),
      inner => this.#persist(inner, state),
    );
  }

  /** One try, to come back after a lost connection. Throws a connection failure when it did not work. */
  async redial(signal: AbortSignal): Promise<Connection> {
    const tooLong = (): KilnError => connectionFailure(`the machine did not answer within ${REDIAL_TIMEOUT / 1000}s`);
    try {
      return await withDeadline(REDIAL_TIMEOUT, signal, tooLong, inner => this.#attempt(inner));
    } catch (error) {
      signal.throwIfAborted();
      // While a machine goes down it refuses logins for a moment.
      if (error instanceof KilnError && error.code === LOGIN_REFUSED)
        throw connectionFailure(error.message, { cause: error, ...(error.hint && { hint: error.hint }) });
      throw error;
    }
  }

  async #persist(signal: AbortSignal, state: { last?: unknown }): Promise<Connection> {
    const { attempts } = this.#settings;
    let wait = TCP_WAIT.first;
    let loginWait = LOGIN_WAIT.first;
    let refused = 0;
    let firstRefusal = 0;
    for (;;) {
      try {
        return await this.#attempt(signal);
      } catch (error) {
        signal.throwIfAborted();
        state.last = error;
        if (error instanceof KilnError && error.code === LOGIN_REFUSED) {
          refused++;
          firstRefusal ||= performance.now();
          const patient = !attempts.explicit && performance.now() - firstRefusal < LOGIN_PATIENCE;
          if (attempts.limit !== undefined && refused >= attempts.limit && !patient)
            throw tooManyRefusals(error, refused);
          await sleep(loginWait, signal);
          loginWait = Math.min(loginWait * 2, LOGIN_WAIT.longest);
        } else if (isConnectionFailure(error)) {
          await sleep(wait, signal);
          wait = Math.min(wait * 1.5, TCP_WAIT.longest);
        } else throw error;
      }
    }
  }

  async #attempt(signal: AbortSignal): Promise<Connection> {
    const settings = this.#settings;
    const target = await this.#target(signal);
    const where = `${target.host}:${target.port}`;
    if (!this.#announced) {
      this.#announced = true;
      this.#ui.say(`Using SSH communicator to connect: ${target.host}`);
      this.#ui.say('Waiting for SSH to become available...');
    }
    this.#hostKeys.learn(target.hostKeys);
    const { socket, carrier } = await this.#reach(target, signal);
    const announced = this.#hostKeys.known ? undefined : this.#announcedKeys(signal);
    const connection = await openConnection({
      socket,
      where,
      login: { ...settings.login, password: settings.login.password ?? target.password },
      builderKeys: target.privateKeys ?? [],
      settings,
      hostKeyAlgorithms: this.#hostKeys.algorithms(),
      judgeHostKey: async key => {
        this.#hostKeys.learn(await announced);
        return this.#hostKeys.judge(where, key);
      },
      ask: question => this.#ui.ask(question, signal),
      signal,
      ...(carrier && { carrier }),
    }).catch(async error => {
      await carrier?.close();
      throw error;
    });
    this.#hostKeys.pin(connection.hostKey);
    try {
      await openTunnels(connection, settings);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  async #target(signal: AbortSignal): Promise<ConnectTarget> {
    try {
      return await this.#machine.target(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFailure(messageOf(error), { cause: error });
    }
  }

  async #announcedKeys(signal: AbortSignal): Promise<readonly string[] | undefined> {
    try {
      return await this.#machine.announcedHostKeys?.(signal);
    } catch {
      // They are a bonus: a build must not fail because the console could not be read.
      return undefined;
    }
  }

  async #reach(
    { host, port }: ConnectTarget,
    signal: AbortSignal,
  ): Promise<{ socket: import('node:stream').Duplex; carrier?: Connection }> {
    const { bastion, proxy } = this.#settings;
    if (proxy) return { socket: await openThroughProxy(proxy, host, port, TCP_TIMEOUT, signal) };
    if (!bastion) return { socket: await openSocket(host, port, TCP_TIMEOUT, signal) };
    const where = `bastion ${bastion.host}:${bastion.port}`;
    const carrier = await openConnection({
      socket: await openSocket(bastion.host, bastion.port, TCP_TIMEOUT, signal),
      where,
      login: bastion.login,
      builderKeys: [],
      settings: { ...this.#settings, forwardAgent: undefined, readWriteTimeout: undefined },
      hostKeyAlgorithms: this.#bastionKeys.algorithms(),
      judgeHostKey: async key => this.#bastionKeys.judge(where, key),
      ask: question => this.#ui.ask(question, signal),
      signal,
    });
    this.#bastionKeys.pin(carrier.hostKey);
    try {
      const socket = await new Promise<import('ssh2').ClientChannel>((resolve, reject) => {
        carrier.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
          if (error) reject(connectionFailure(`${where} could not reach ${host}:${port}: ${error.message}`));
          else resolve(channel);
        });
      });
      return { socket, carrier };
    } catch (error) {
      await carrier.close();
      throw error;
    }
  }
}

function timedOut(timeout: number, last: unknown): KilnError {
  const reason = last === undefined ? '' : `: ${messageOf(last)}`;
  return new KilnError(
    `Timeout waiting for SSH: it did not become available within ${formatDuration(timeout)}${reason}`,
    {
      code: 'ssh-timeout',
      cause: last,
      hint:
        last instanceof KilnError && last.code === LOGIN_REFUSED && last.hint
          ? last.hint
          : 'check that the security group admits this host and that ssh_interface names an address it can reach, or raise ssh_timeout',
    },
  );
}

function tooManyRefusals(error: KilnError, count: number): KilnError {
  return new KilnError(`${error.message}, ${count} time${count === 1 ? '' : 's'}`, {
    code: LOGIN_REFUSED,
    cause: error,
    ...(error.hint && { hint: error.hint }),
  });
}
