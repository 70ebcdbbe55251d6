import { homedir } from 'node:os';
import { join } from 'node:path';
import type { FaultPlan } from '../../local-ec2/faults/index.ts';
import { KilnError } from '../../sdk/errors.ts';

/** An embedded EC2 at hand: started for this command, or one that `kiln local up` keeps running. */
export interface OpenedLocalEc2 {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Folder of the store: state, AMIs, credentials. */
  readonly storeDir: string;
  close(): Promise<void>;
}

interface OpenOptions {
  readonly env: NodeJS.ProcessEnv;
  /** How it shall misbehave; one that is running already does not learn of it, so then one is started. */
  readonly faults?: FaultPlan | undefined;
  notice(text: string): void;
}

/** `$XDG_DATA_HOME/kiln/local-ec2`, where the embedded EC2 keeps its state and images. */
export function localStoreDir(env: Readonly<Record<string, string | undefined>>): string {
  const data = env['XDG_DATA_HOME'];
  return join(data?.startsWith('/') ? data : join(homedir(), '.local', 'share'), 'kiln', 'local-ec2');
}

/**
 * Uses the running embedded EC2 of this store, or starts one for as long as the command lasts, and points every AWS
 * client of this process and its children at it through the environment. Throws KilnError.
 */
export async function openLocalEc2({ env, faults, notice }: OpenOptions): Promise<OpenedLocalEc2> {
  const { startLocalEc2, findRunningLocalEc2 } = await import('../../local-ec2/index.ts');
  const storeDir = localStoreDir(env);
  const running = faults === undefined ? await findRunningLocalEc2(storeDir) : undefined;
  if (running) {
    pointAwsAt(running, env);
    return { ...running, storeDir, close: async () => {} };
  }
  const server = await startLocalEc2({
    storeDir,
    machines: 'namespaces',
    onNotice: notice,
    ...(faults && { faults }),
  });
  pointAwsAt(server, env);
  return { endpoint: server.endpoint, credentials: server.credentials, storeDir, close: () => server.close() };
}

/**
 * Throws a KilnError unless an embedded EC2 is running by itself: one that a build starts ends with the build, and its
 * instances with it.
 */
export async function requireLasting(env: NodeJS.ProcessEnv): Promise<void> {
  const { findRunningLocalEc2 } = await import('../../local-ec2/index.ts');
  if (await findRunningLocalEc2(localStoreDir(env))) return;
  throw new KilnError('an instance can only be kept where an embedded EC2 goes on running, and none does', {
    hint: 'start one with "kiln local up" in another terminal, then build again; the build will use it',
    code: 'local-not-up',
  });
}

/** The variables that lead AWS SDKs, the aws CLI and Terraform to the embedded EC2. */
export function awsEnvironment(
  server: Pick<OpenedLocalEc2, 'endpoint' | 'credentials'>,
): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    AWS_REGION: 'us-east-1',
    // The first version of the aws CLI knows only this name.
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: server.endpoint,
    // No credentials from there; but a build on the instance it runs on asks who that is.
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_EC2_METADATA_SERVICE_ENDPOINT: server.endpoint,
  };
}

/** Variables that would lead away from the embedded EC2, or to other credentials. */
export const OTHER_AWS: readonly string[] = [
  'AWS_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_ENDPOINT_URL_EC2',
  'AWS_ENDPOINT_URL_IAM',
  'AWS_ENDPOINT_URL_STS',
];

function pointAwsAt(server: Pick<OpenedLocalEc2, 'endpoint' | 'credentials'>, env: NodeJS.ProcessEnv): void {
  const { AWS_REGION, AWS_DEFAULT_REGION: _, ...rest } = awsEnvironment(server);
  Object.assign(env, rest);
  // The template's or the user's region stays: each has its own state.
  if (!env['AWS_REGION'] && !env['AWS_DEFAULT_REGION']) env['AWS_REGION'] = AWS_REGION;
  for (const name of OTHER_AWS) delete env[name];
}
