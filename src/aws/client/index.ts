import { KilnError } from '../../sdk/errors.ts';
import type { AccountRef } from '../../sdk/resources.ts';
import { type AccessOptions, accessOptions } from '../options/access.ts';
import { callPolicy } from '../policy/call.ts';
import { isThrottled } from '../policy/limiter.ts';
import { type Credentials, credentialSource } from './credentials.ts';
import { chosenEndpoint, endpointFor, s3Endpoint } from './endpoint.ts';
import type { iamCommands } from './iam-operations.ts';
import type { ec2Commands } from './operations.ts';
import { chosenPolling, type Polling } from './polling.ts';
import { chosenRegion } from './region.ts';
import type { S3 } from './s3.ts';
import type { secretsCommands } from './secrets-operations.ts';
import { bindService, type SdkClient, type Service } from './service.ts';
import type { ssmCommands } from './ssm-operations.ts';
import type { stsCommands } from './sts-operations.ts';

export type Ec2Service = Service<typeof ec2Commands>;
export type IamService = Service<typeof iamCommands>;
export type StsService = Service<typeof stsCommands>;
export type SsmService = Service<typeof ssmCommands>;
export type SecretsService = Service<typeof secretsCommands>;

/** One region's EC2, and how it is reached. */
export interface Ec2 extends Ec2Service {
  readonly region: string;
  readonly account: AccountRef;
  readonly polling: Polling;
  /** It is the embedded EC2 of `--local`, where nothing takes longer than its machines need. */
  readonly local: boolean;
  /** AWS refused calls to it lately because there were too many: fewer, larger ones are wanted. */
  throttled(): boolean;
}

/** One AWS account as one build reaches it. */
export interface Aws {
  /** The build region. */
  readonly region: string;
  /** The EC2 endpoint that takes AWS's place, if any. */
  readonly endpoint: string | undefined;
  readonly polling: Polling;
  /** EC2 in the build region or another one; clients share the credentials. */
  ec2(region?: string): Ec2;
  iam(): Promise<IamService>;
  sts(): Promise<StsService>;
  ssm(): Promise<SsmService>;
  secretsManager(): Promise<SecretsService>;
  /** S3 in the build region; `at` is an endpoint other than the environment's. */
  s3(at?: string): Promise<S3>;
  /** Id of the access key the calls are signed with. Throws when there are no credentials. */
  accessKeyId(): Promise<string>;
  /** The credentials themselves, for a tool that signs calls by itself. Told to `secret` already. */
  credentials(): Promise<Credentials>;
}

export interface AwsInfo {
  /** The build runs on the embedded EC2: its endpoint and credentials come from the environment, whatever the template says. */
  readonly local: boolean;
  /** Told every secret that turns up. */
  secret(value: string): void;
}

const opened = new Map<string, Promise<Aws>>();

/**
 * Opens an account. No call is made yet. Builds with the same access options and environment share one handle, and so
 * its clients, request rates and pollers. Throws KilnError when the region or, locally, the endpoint is not known.
 */
export async function createAws(options: AccessOptions, info: AwsInfo): Promise<Aws> {
  silenceNodeNotice();
  const given: Readonly<Record<string, unknown>> = options;
  const access: AccessOptions = Object.fromEntries(Object.keys(accessOptions).map(name => [name, given[name]]));
  const environment = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'));
  const key = JSON.stringify([access, info.local, environment.sort()]);
  const known = opened.get(key);
  if (known) return known;
  const opening = openAccount(access, info);
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return opening;
}

async function openAccount(wanted: AccessOptions, info: AwsInfo): Promise<Aws> {
  const access = info.local ? localAccess(wanted) : wanted;
  if (access.skip_metadata_api_check) process.env['AWS_EC2_METADATA_DISABLED'] ??= 'true';
  const region = await chosenRegion(access);
  const endpoint = chosenEndpoint(access.custom_endpoint_ec2, process.env);
  const { EC2Client, ec2Commands } = await import('./operations.ts');
  const credentials = credentialSource(access, region, info.secret);
  const polling = chosenPolling(access.aws_polling, process.env);
  const endpointOf = endpointFor(endpoint, region);
  const services = new Map<string, Promise<unknown>>();
  const regions = new Map<string, Ec2>();
  // Which account it is matters only to keep their request rates apart.
  const accountKey = `${access.access_key ?? access.profile ?? process.env['AWS_PROFILE'] ?? ''} ${endpoint ?? ''}`;

  const accountOf = (service: string, inRegion: string): string => `${service} ${inRegion} ${accountKey}`;
  const settings = (service: string, inRegion: string, at: string | undefined) => ({
    service,
    region: inRegion,
    endpoint: at,
    account: accountOf(service, inRegion),
    tries: wanted.max_retries || undefined,
    renewCredentials: () => {
      const renewed = credentials.renew();
      if (renewed) renewals++;
      return renewed;
    },
    ...(access.decode_authorization_messages && { decode: decodeMessage }),
  });
  let renewals = 0;

  const configure = (inRegion: string, at: string | undefined) => ({
    region: inRegion,
    credentials: () => credentials.provider(),
    maxAttempts: 1,
    ...(at && { endpoint: at }),
    requestHandler: {
      connectionTimeout: 10_000,
      requestTimeout: 60_000,
      ...(access.insecure_skip_tls_verify && { httpsAgent: { rejectUnauthorized: false } }),
    },
  });

  /** A client that is made anew after the credentials were renewed: the SDK remembers them in each client. */
  const renewable = <C extends object>(make: () => C): (() => SdkClient) => {
    let client: C | undefined;
    let made = -1;
    return () => {
      if (!client || made !== renewals) {
        client = make();
        made = renewals;
      }
      return client as unknown as SdkClient;
    };
  };

  const ec2 = (inRegion = region): Ec2 => {
    const known = regions.get(inRegion);
    if (known) return known;
    const at = endpointOf(inRegion);
    const client = renewable(() => new EC2Client(configure(inRegion, at)));
    const made: Ec2 = {
      ...bindService(ec2Commands, client, callPolicy(settings('EC2', inRegion, at))),
      region: inRegion,
      polling,
      local: info.local,
      throttled: () => isThrottled(accountOf('EC2', inRegion)),
      // The key is known once a call was made; nothing is created before that.
      get account() {
        const { accessKeyId } = credentials;
        return {
          region: inRegion,
          ...(at && { endpoint: at }),
          ...(access.profile && { profile: access.profile }),
          ...(access.assume_role?.role_arn && { roleArn: access.assume_role.role_arn }),
          ...(accessKeyId && { accessKeyId }),
        };
      },
    };
    regions.set(inRegion, made);
    return made;
  };

  const once = <T>(name: string, load: () => Promise<T>): Promise<T> => {
    const known = services.get(name) as Promise<T> | undefined;
    if (known) return known;
    const loading = load();
    services.set(name, loading);
    return loading;
  };
  const sts = (): Promise<StsService> =>
    once('STS', async () => {
      const { STSClient, stsCommands } = await import('./sts-operations.ts');
      const client = renewable(() => new STSClient(configure(region, undefined)));
      return bindService(
        stsCommands,
        client,
        callPolicy({ ...settings('STS', region, undefined), decode: async () => undefined }),
      );
    });

  async function decodeMessage(encoded: string): Promise<string | undefined> {
    const service = await sts();
    const reply = await service.decodeAuthorizationMessage({ EncodedMessage: encoded }, AbortSignal.timeout(10_000));
    return reply.DecodedMessage && `AWS's reason: ${reply.DecodedMessage}`;
  }

  return {
    region,
    endpoint,
    polling,
    ec2,
    sts,
    accessKeyId: async () => (await credentials.provider()).accessKeyId,
    credentials: () => credentials.provider(),
    iam: () =>
      once('IAM', async () => {
        const { IAMClient, iamCommands } = await import('./iam-operations.ts');
        const client = renewable(() => new IAMClient(configure(region, undefined)));
        return bindService(iamCommands, client, callPolicy(settings('IAM', region, undefined)));
      }),
    ssm: () =>
      once('SSM', async () => {
        const { SSMClient, ssmCommands } = await import('./ssm-operations.ts');
        const client = renewable(() => new SSMClient(configure(region, undefined)));
        return bindService(ssmCommands, client, callPolicy(settings('SSM', region, undefined)));
      }),
    secretsManager: () =>
      once('Secrets Manager', async () => {
        const { SecretsManagerClient, secretsCommands } = await import('./secrets-operations.ts');
        const client = renewable(() => new SecretsManagerClient(configure(region, undefined)));
        return bindService(secretsCommands, client, callPolicy(settings('Secrets Manager', region, undefined)));
      }),
    s3: (at = s3Endpoint(process.env)) =>
      once(`S3 ${at ?? ''}`, async () => {
        const { openS3, s3Client } = await import('./s3.ts');
        const client = renewable(() => s3Client(configure(region, at)));
        return openS3(client, callPolicy(settings('S3', region, at)), at);
      }),
  };
}

/** On the embedded EC2 a template's account, endpoint and Vault do not count. */
function localAccess(access: AccessOptions): AccessOptions {
  if (!chosenEndpoint(undefined, process.env)) {
    throw new KilnError('the embedded EC2 is to be used, but its endpoint is not known', {
      hint: 'run "kiln local env" and export what it prints, or use kiln build --local',
    });
  }
  return { region: access.region || regionFallback(), aws_polling: access.aws_polling };
}

function regionFallback(): string {
  return process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || 'us-east-1';
}

/** The SDK announces the end of its support for Node 20 on stderr; which Node runs kiln is not the user's concern. */
function silenceNodeNotice(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}
