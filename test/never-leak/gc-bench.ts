import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'mocha';
import { type CallWatch, type LocalEc2, startLocalEc2 } from '../../src/local-ec2/index.ts';
import { finish, type Result, Scratch } from '../helpers/kiln.ts';
import { TEMPLATES } from './templates.ts';
import { foreignResources, inventory } from './world.ts';

/** An embedded EC2 with other people's things in it, and a home in which bakes were killed: what gc finds. */
export class GcBench {
  readonly scratch: Scratch;
  server: LocalEc2;
  watch: CallWatch = () => undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly #before: Set<string>;

  private constructor(server: LocalEc2, scratch: Scratch) {
    this.server = server;
    this.scratch = scratch;
    this.env = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    };
    this.#before = inventory(server);
  }

  static async open(): Promise<GcBench> {
    const scratch = new Scratch();
    let bench: GcBench | undefined;
    const server = await startLocalEc2({
      storeDir: join(scratch.dir, 'ec2'),
      machines: 'none',
      region: ['us-east-1', 'eu-west-1', 'us-west-2'],
      onCall: (...call) => bench?.watch(...call),
    });
    await foreignResources(server);
    bench = new GcBench(server, scratch);
    return bench;
  }

  async close(): Promise<void> {
    await this.server.close();
    this.scratch.remove();
  }

  /** The folder of the ledgers. */
  get runs(): string {
    return join(this.scratch.dir, 'state', 'kiln', 'runs');
  }

  /** What is there and was not before. */
  left(): string[] {
    return [...inventory(this.server)].filter(line => !this.#before.has(line));
  }

  /** What was there before and is gone: other people's. */
  lost(): string[] {
    const now = inventory(this.server);
    return [...this.#before].filter(line => !now.has(line));
  }

  gc(args: readonly string[], env: NodeJS.ProcessEnv = this.env): Promise<Result> {
    return this.scratch.run(['gc', ...args], env);
  }

  /** As another machine, or this one after its state folder was lost. */
  elsewhere(args: readonly string[]): Promise<Result> {
    return this.gc(['-by-tag', ...args], { ...this.env, XDG_STATE_HOME: join(this.scratch.dir, 'other-state') });
  }

  /** Bakes, and is killed when an action has been carried out for the nth time. */
  async killedAt(template: string, action: string, nth = 1, extra: object = {}): Promise<void> {
    const document = TEMPLATES[template] as { builders: object[] };
    this.scratch.write('template.json', { ...document, builders: [{ ...document.builders[0], ...extra }] });
    const child = this.scratch.start(['build', 'template.json'], this.env);
    let seen = 0;
    this.watch = (moment, name) => {
      if (moment !== 'done' || name !== action || ++seen !== nth) return undefined;
      child.kill('SIGKILL');
      return 'drop';
    };
    const result: Result = await finish(child);
    this.watch = () => undefined;
    assert.equal(result.signal, 'SIGKILL', result.stdout + result.stderr);
  }
}

/** Inside a `describe`: gives a fresh bench for each test. */
export function gcBench(): () => GcBench {
  let bench: GcBench | undefined;
  beforeEach(async () => {
    bench = await GcBench.open();
  });
  afterEach(() => bench?.close());
  return () => {
    assert.ok(bench);
    return bench;
  };
}
