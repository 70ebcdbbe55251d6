import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalEc2, startLocalEc2 } from '../../src/local-ec2/index.ts';
import { finish, type Result, Scratch } from '../helpers/kiln.ts';
import { type FinishedImage, finishedImages, foreignResources, inventory, oldImages } from './world.ts';

/** When a run is hit: before the call has any effect, or after it but before its answer goes out. */
export type Moment = 'received' | 'done';

export interface Blow {
  readonly signal: NodeJS.Signals;
  readonly moment: Moment;
  /** Which call, from 1. */
  readonly call: number;
}

/** How one bake went that was hit at some call, and what was left after the clean-up. */
export interface Outcome {
  readonly blow: Blow | undefined;
  /** The action that was under way. */
  readonly action: string;
  readonly calls: readonly string[];
  readonly build: Result;
  readonly gc: Result | undefined;
  /** Lines of `inventory` that are there and should not be. */
  readonly leaked: readonly string[];
  /** Lines of `inventory` that are gone and should not be: other people's things, finished images. */
  readonly lost: readonly string[];
  readonly finished: readonly FinishedImage[];
  /** What the manifest names that does not exist. */
  readonly promised: readonly string[];
}

/** An embedded EC2 with other people's things in it, and a scratch home to bake from. One bake, then `close`. */
class Bench {
  readonly scratch = new Scratch();
  readonly calls: string[] = [];
  #done = 0;
  #underWay = 0;
  #server: LocalEc2 | undefined;
  #child: ChildProcess | undefined;
  #blow: Blow | undefined;
  action = '';

  get server(): LocalEc2 {
    assert.ok(this.#server);
    return this.#server;
  }

  async open(name: string): Promise<void> {
    this.#server = await startLocalEc2({
      storeDir: join(this.scratch.dir, 'ec2'),
      machines: 'none',
      region: ['us-east-1', 'eu-west-1', 'us-west-2'],
      onCall: (moment, action, region) => this.#call(moment, `${action} ${region}`),
    });
    await foreignResources(this.server);
    if (name === 'replace') await oldImages(this.server);
    this.calls.length = 0;
    this.#done = 0;
  }

  get env(): NodeJS.ProcessEnv {
    return {
      AWS_ENDPOINT_URL: this.server.endpoint,
      AWS_ACCESS_KEY_ID: this.server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.server.credentials.secretAccessKey,
    };
  }

  async build(blow: Blow | undefined): Promise<Result> {
    this.#blow = blow;
    this.#child = this.scratch.start(['build', 'template.json'], this.env);
    return this.#settled(finish(this.#child));
  }

  /** What a killed process had sent before still takes effect. */
  async #settled(ending: Promise<Result>): Promise<Result> {
    const result = await ending;
    this.#blow = undefined;
    while (this.#underWay > 0) await new Promise(resolve => setTimeout(resolve, 5));
    return result;
  }

  /** Removes what is left; `blow` hits a first try of it. */
  async gc(blow?: Blow): Promise<Result> {
    if (blow) {
      this.calls.length = 0;
      this.#done = 0;
      this.#blow = blow;
      this.#child = this.scratch.start(['gc', '-yes'], this.env);
      await this.#settled(finish(this.#child));
    }
    return this.scratch.run(['gc', '-yes'], this.env);
  }

  async close(): Promise<void> {
    await this.server.close();
    this.scratch.remove();
  }

  #call(moment: Moment, action: string): 'drop' | undefined {
    const number = moment === 'received' ? this.calls.push(action) : ++this.#done;
    this.#underWay += moment === 'received' ? 1 : -1;
    const blow = this.#blow;
    if (!blow || blow.moment !== moment || blow.call !== number) return undefined;
    this.action = action;
    this.#child?.kill(blow.signal);
    if (blow.signal !== 'SIGKILL') return undefined;
    if (moment === 'received') this.#underWay -= 1;
    return 'drop';
  }
}

/**
 * Bakes a template, hits the run at one call (or not), lets `kiln gc` clean up after a SIGKILL, and looks what is left.
 * `gcBlow` hits a first try of gc too.
 */
export async function strike(name: string, template: object, blow: Blow | undefined, gcBlow?: Blow): Promise<Outcome> {
  const bench = new Bench();
  try {
    await bench.open(name);
    bench.scratch.write('template.json', template);
    const before = inventory(bench.server);
    const build = await bench.build(blow);
    const calls = [...bench.calls];
    const finished = finishedImages(bench.server);
    const snapshotsOfFinished = snapshotsBehind(bench, finished);
    const gc = blow?.signal === 'SIGKILL' ? await bench.gc(gcBlow) : undefined;
    return {
      blow,
      action: bench.action,
      calls,
      build,
      gc,
      finished,
      ...difference(bench, before, finished, snapshotsOfFinished),
      promised: promisedButMissing(bench),
    };
  } finally {
    await bench.close();
  }
}

/** Snapshots that belong to finished images: those that carry the mark too. */
function snapshotsBehind(bench: Bench, finished: readonly FinishedImage[]): string[] {
  if (finished.length === 0) return [];
  return bench.server
    .state()
    .snapshots.filter(one => one.tags['kiln:run'] !== undefined && one.tags['kiln:expires'] === 'never')
    .map(one => one.id);
}

function difference(
  bench: Bench,
  before: ReadonlySet<string>,
  finished: readonly FinishedImage[],
  snapshots: readonly string[],
): Pick<Outcome, 'leaked' | 'lost'> {
  const after = inventory(bench.server);
  const keep = new Set([...finished.map(one => one.id), ...snapshots]);
  const idOf = (line: string): string => line.split(' ')[2] ?? '';
  const leaked = [...after].filter(line => !before.has(line) && !keep.has(idOf(line)));
  const ids = new Set([...after].map(idOf));
  const lost = [
    ...[...before].filter(line => !after.has(line)),
    ...[...keep].filter(id => !ids.has(id)).map(id => `finished ${id}`),
  ];
  return replacedFairly(bench, leaked, lost);
}

/** With `replace` an old image may go when a new one of its name has come, or come back under a new id. */
function replacedFairly(bench: Bench, leaked: string[], lost: string[]): Pick<Outcome, 'leaked' | 'lost'> {
  const replaced = bench.server.state().images.filter(image => image.name === 'replaced');
  const regions = new Set(replaced.map(image => image.region));
  const isOld = (line: string): boolean => /^images \S+ \S+ replaced$/.test(line);
  const regionOf = (line: string): string => line.split(' ')[1] ?? '';
  const finishedOnes = replaced.some(image => image.tags['kiln:expires'] === 'never');
  return {
    leaked: leaked.filter(line => !(isOld(line) && replaced.filter(one => one.region === regionOf(line)).length === 1)),
    lost: lost.filter(
      line =>
        !(isOld(line) && regions.has(regionOf(line))) &&
        // force_delete_snapshot: the old snapshots go once the new image is there.
        !(finishedOnes && line.startsWith('snapshots ')),
    ),
  };
}

function promisedButMissing(bench: Bench): string[] {
  if (!existsSync(join(bench.scratch.dir, 'work', 'manifest.json'))) return [];
  const { builds } = JSON.parse(bench.scratch.read('manifest.json')) as { builds: { artifact_id: string }[] };
  const images = new Set(bench.server.state().images.map(image => `${image.region}:${image.id}`));
  return builds.flatMap(build => build.artifact_id.split(',')).filter(id => !images.has(id));
}

/** A failure text with all that is needed to see what happened. */
export function complaints(outcome: Outcome): string[] {
  const { blow, leaked, lost, promised, gc, build } = outcome;
  const found = [
    ...leaked.map(line => `left: ${line}`),
    ...lost.map(line => `lost: ${line}`),
    ...promised.map(id => `in the manifest but gone: ${id}`),
    ...(gc && gc.code !== 0 ? [`gc ended with ${gc.code}: ${gc.stdout}${gc.stderr}`] : []),
    ...(blow && blow.signal !== 'SIGKILL' && build.code !== 1 && build.code !== 0
      ? [`the build ended with ${build.code ?? build.signal}: ${build.stderr}`]
      : []),
  ];
  if (found.length === 0 || !blow) return found;
  return found.map(text => `${blow.signal} at call ${blow.call} (${outcome.action}, ${blow.moment}): ${text}`);
}
