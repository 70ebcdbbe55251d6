import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  type EC2ServiceException,
  type Image,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { type LocalEc2, type LocalEc2Options, startLocalEc2 } from '../../src/local-ec2/index.ts';

export interface TestEc2 extends AsyncDisposable {
  readonly server: LocalEc2;
  readonly storeDir: string;
  readonly notices: string[];
  /** A client of a region; retries are off, so that each call is seen as it is. */
  client(region?: string): EC2Client;
  /** Stops the server; the store stays. */
  stop(): Promise<void>;
  /** Stops everything and removes the store. */
  close(): Promise<void>;
}

/** An embedded EC2 whose instances run nothing, with nothing to wait for. */
export async function testEc2(options: Partial<LocalEc2Options> = {}): Promise<TestEc2> {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-ec2-'));
  const storeDir = options.storeDir ?? join(folder, 'store');
  const notices: string[] = [];
  const server = await startLocalEc2({ storeDir, machines: 'none', onNotice: text => notices.push(text), ...options });
  const clients: EC2Client[] = [];
  const stop = async (): Promise<void> => {
    for (const client of clients) client.destroy();
    await server.close();
  };
  const close = async (): Promise<void> => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    server,
    storeDir,
    notices,
    client(region = server.region) {
      const made = new EC2Client({
        region,
        endpoint: server.endpoint,
        credentials: server.credentials,
        maxAttempts: 1,
      });
      clients.push(made);
      return made;
    },
    stop,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The error code that a call is answered with; fails when it succeeds. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await errorOf(call)).name;
}

export async function errorOf(call: Promise<unknown>): Promise<EC2ServiceException> {
  try {
    await call;
  } catch (error) {
    return error as EC2ServiceException;
  }
  throw new Error('the call succeeded');
}

/** Repeats `look` until it gives something, for at most five seconds. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 5000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error('it did not happen within 5 seconds');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

/** An id that is stood in for. */
export const PUBLIC_IMAGE = 'ami-0abcdef1234567890';

export async function launch(
  client: EC2Client,
  more: Partial<RunInstancesCommandInput> = {},
): Promise<Instance & { InstanceId: string }> {
  const { Instances } = await client.send(
    new RunInstancesCommand({ ImageId: PUBLIC_IMAGE, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, ...more }),
  );
  const id = Instances?.[0]?.InstanceId;
  assert.ok(id);
  return { ...Instances?.[0], InstanceId: id };
}

export async function instanceOf(client: EC2Client, id: string): Promise<Instance> {
  const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const found = Reservations?.[0]?.Instances?.[0];
  assert.ok(found);
  return found;
}

export async function untilState(client: EC2Client, id: string, state: string): Promise<Instance> {
  return eventually(async () => {
    const one = await instanceOf(client, id);
    return one.State?.Name === state && one;
  });
}

export async function imageOf(client: EC2Client, id: string, state = 'available'): Promise<Image> {
  return eventually(async () => {
    const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [id] }));
    return Images?.[0]?.State === state && Images[0];
  });
}
