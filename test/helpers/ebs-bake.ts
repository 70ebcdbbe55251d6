import { plugin as ebs } from '../../builders/amazon-ebs/index.ts';
import type { EbsOptions } from '../../builders/amazon-ebs/schema.ts';
import { plugin as ami } from '../../post-processors/ami/index.ts';
import { type LocalEc2, type LocalEc2Options, startLocalEc2 } from '../../src/local-ec2/index.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import type { BuildInfo, Machine, PreparedBuilder } from '../../src/sdk/plugin.ts';
import { type Complaint, type TestRun, testPostProcess, testPrepare, testRun } from './run-context.ts';

/** A public image that the embedded EC2 plays. */
export const SOURCE = 'ami-0123456789abcdef0';

/** An embedded EC2 without machines, with nothing to wait for unless `timing` says so. */
export function hollowEc2(storeDir: string, options: Partial<LocalEc2Options> = {}): Promise<LocalEc2> {
  return startLocalEc2({ storeDir, machines: 'none', ...options });
}

/** Options of a minimal bake on that EC2. */
export function minimal(server: LocalEc2): EbsOptions {
  return {
    access_key: server.credentials.accessKeyId,
    secret_key: server.credentials.secretAccessKey,
    custom_endpoint_ec2: server.endpoint,
    region: server.region,
    source_ami: SOURCE,
    instance_type: 't3.micro',
    ssh_username: 'ubuntu',
    ami_name: 'an-image',
  };
}

export interface Baked {
  readonly run: TestRun;
  readonly complaints: readonly Complaint[];
  readonly machine: Machine | undefined;
  readonly artifact: Artifact | undefined;
  readonly error: unknown;
  /** What the undo of the build's end could not undo. */
  readonly undoFailures: readonly unknown[];
}

export interface BakeOptions {
  readonly build?: Partial<BuildInfo>;
  readonly signal?: AbortSignal;
  /** Further `ami` elements, as a template lists them. */
  readonly also?: readonly Parameters<typeof ami.prepare>[0][];
  /** Called with the launched machine, in place of provisioning. */
  readonly provision?: (machine: Machine, run: TestRun) => Promise<void>;
}

/** One build as the engine runs it, without connecting: launch, image, undo. Never throws. */
export async function bake(options: EbsOptions, extra: BakeOptions = {}): Promise<Baked> {
  const context = testPrepare(extra.build);
  const prepared: PreparedBuilder = await ebs.prepare(options, context);
  const run = testRun({ ...(extra.build && { build: extra.build }), ...(extra.signal && { signal: extra.signal }) });
  let machine: Machine | undefined;
  let artifact: Artifact | undefined;
  let error: unknown;
  try {
    machine = await prepared.launch?.(run);
    if (machine) await extra.provision?.(machine, run);
    const elements = [...(prepared.finish ? [prepared.finish.options] : []), ...(extra.also ?? [])];
    let users = elements.length;
    for (const element of elements) {
      const post = await ami.prepare(element as never, context);
      const processing = testPostProcess(run, machine);
      const result = await post.process({
        ...processing,
        doneWithMachine: () => {
          users--;
          if (users === 0) machine?.releaseSoon();
        },
      });
      artifact ??= result.artifact;
    }
  } catch (thrown) {
    error = thrown;
  }
  const undoFailures = await run.resources.unwind();
  return { run, complaints: context.complaints, machine, artifact, error, undoFailures };
}

/** What is on an EC2 besides its images and `perImage` snapshots of each: nothing, if nobody leaked. */
export function leaks(server: LocalEc2, perImage = 1): Record<string, number> {
  const { images, snapshots, ...rest } = server.state();
  const counts = Object.entries(rest).map(([kind, entries]) => [kind, entries.length] as const);
  const behind = snapshots.length - images.filter(image => image.state === 'available').length * perImage;
  return Object.fromEntries(
    [...counts, ['snapshots beyond those of images', Math.max(0, behind)] as const].filter(([, count]) => count > 0),
  );
}

/** The calls of one action, with their parameters. */
export function callsOf(server: LocalEc2, action: string): readonly Readonly<Record<string, unknown>>[] {
  return server.calls.filter(call => call.action === action).map(call => plain(call.params) as Record<string, unknown>);
}

/** Parameters as plain objects; those numbered from 1 as lists. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, plain(one)] as const);
  const numbered = entries.length > 0 && entries.every(([key], index) => key === String(index + 1));
  return numbered ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}
