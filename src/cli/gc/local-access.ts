import type { ResourceRef } from '../../sdk/resources.ts';
import { type OpenedLocalEc2, openLocalEc2 } from '../local/open.ts';

/** The embedded EC2 beside the real one: its endpoint and credentials count only while something is done with it. */
export class LocalAccess {
  readonly #env: NodeJS.ProcessEnv;
  #opened: OpenedLocalEc2 | undefined;
  #variables: NodeJS.ProcessEnv = {};

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Throws KilnError when it cannot be started or is in use. */
  async open(): Promise<void> {
    const before = awsOf(this.#env);
    this.#opened = await openLocalEc2({ env: this.#env, notice: () => {} });
    this.#variables = awsOf(this.#env);
    this.#set(before);
  }

  /** Runs `body` with the AWS clients of this process pointed at the embedded EC2. One at a time. */
  async within<T>(body: () => Promise<T>): Promise<T> {
    const before = awsOf(this.#env);
    this.#set(this.#variables);
    try {
      return await body();
    } finally {
      this.#set(before);
    }
  }

  /** A reference of an earlier process: the endpoint is another one now. */
  translate(ref: ResourceRef): ResourceRef {
    const { region } = ref.account;
    return { ...ref, account: { region, ...(this.#opened && { endpoint: this.#opened.endpoint }) } };
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }

  #set(variables: NodeJS.ProcessEnv): void {
    for (const name of Object.keys(awsOf(this.#env))) delete this.#env[name];
    Object.assign(this.#env, variables);
  }
}

function awsOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('AWS_')));
}
