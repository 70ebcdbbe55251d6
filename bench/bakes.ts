// What the benches of whole bakes share: minimal templates, and bakes side by side, each on an EC2 of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPlan } from '../src/local-ec2/faults/index.ts';
import { type CallRecord, type LocalEc2, startLocalEc2 } from '../src/local-ec2/index.ts';
import { INSTANT, type Timing } from '../src/local-ec2/timing.ts';

/** What the issue calls EC2-like: running 8 s, stopped 6 s, AMI 20 s. */
export const EC2_LIKE: Partial<Timing> = { ...INSTANT, pending: 8000, stopping: 6000, image: 20_000 };

/** A template of minimal amazon-ebs builders, as JSON. */
export function bakeTemplate(server: LocalEc2, builders: number, more: object = {}): string {
  const builder = (index: number): object => ({
    type: 'amazon-ebs',
    name: `bake-${index}`,
    region: 'us-east-1',
    access_key: server.credentials.accessKeyId,
    secret_key: server.credentials.secretAccessKey,
    custom_endpoint_ec2: server.endpoint,
    skip_credential_validation: true,
    skip_metadata_api_check: true,
    source_ami: 'ami-0abcdef1234567890',
    instance_type: 't3.micro',
    communicator: 'none',
    ami_name: `bench-${index}-{{uuid}}`,
    ...more,
  });
  return JSON.stringify({ builders: Array.from({ length: builders }, (_, index) => builder(index)) });
}

/** The environment in which kiln and packer know of nothing but that EC2. */
export function bakeEnvironment(server: LocalEc2, folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CHECKPOINT_DISABLE: '1',
    XDG_STATE_HOME: folder,
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

export interface BakeSetting {
  /** Program and arguments before the template's path. */
  readonly argv: readonly string[];
  readonly builders: number;
  readonly timing: Partial<Timing>;
  readonly faults?: FaultPlan | undefined;
  /** Further options of each builder. */
  readonly more?: object;
}

export interface BakeOutcome {
  readonly images: number;
  /** Milliseconds. */
  readonly wall: number;
  readonly calls: readonly CallRecord[];
  readonly output: string;
}

/** One bake on a fresh EC2 without machines. Bakes that fail are told by the number of images. */
export async function bakeOnce(setting: BakeSetting, parent: string): Promise<BakeOutcome> {
  const folder = mkdtempSync(join(parent, 'bake-'));
  const server = await startLocalEc2({
    storeDir: join(folder, 'store'),
    machines: 'none',
    timing: setting.timing,
    ...(setting.faults && { faults: setting.faults }),
  });
  try {
    const template = join(folder, 'bake.json');
    writeFileSync(template, bakeTemplate(server, setting.builders, setting.more));
    const [program = '', ...args] = setting.argv;
    const started = performance.now();
    const output = await outputOf(program, [...args, template], folder, bakeEnvironment(server, folder));
    const wall = performance.now() - started;
    const images = server.state().images.filter(image => image.state === 'available').length;
    return { images, wall, calls: [...server.calls], output };
  } finally {
    await server.close();
  }
}

function outputOf(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += String(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}
