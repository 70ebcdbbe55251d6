import { KilnError } from '../../sdk/errors.ts';
import type { AccessOptions } from '../options/index.ts';

/** What the SDK wants as credentials; plain data so that no SDK type leaks into the rest. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface CredentialSource {
  provider(): Promise<Credentials>;
  /** Forgets what was found, so that the next call looks anew. False when the credentials are fixed. */
  renew(): boolean;
  /** Id of the access key that was used last; undefined before the first call. */
  readonly accessKeyId: string | undefined;
}

/** Milliseconds before their end at which temporary credentials are renewed. */
const RENEW_BEFORE = 5 * 60_000;

/** The credentials an access block asks for: fixed ones, Vault's, or the SDK's chain; with a role on top of them. */
export function credentialSource(
  access: AccessOptions,
  region: string,
  secret: (value: string) => void,
): CredentialSource {
  const fixed = !access.assume_role?.role_arn && access.access_key && access.secret_key;
  let known: Promise<Credentials> | undefined;
  /** `known` is still being found out: who wants new ones waits for those. */
  let underWay = false;
  let ends: number | undefined;
  const find = async (): Promise<Credentials> => {
    underWay = true;
    try {
      return await resolve(access, region, secret);
    } finally {
      underWay = false;
    }
  };
  let accessKeyId: string | undefined;
  return {
    get accessKeyId() {
      return accessKeyId;
    },
    async provider() {
      if (!underWay && ends !== undefined && Date.now() > ends - RENEW_BEFORE) known = undefined;
      known ??= find();
      try {
        const found = await known;
        ends = found.expiration?.getTime();
        accessKeyId = found.accessKeyId;
        return found;
      } catch (error) {
        known = undefined;
        throw error;
      }
    },
    renew() {
      if (fixed) return false;
      if (!underWay) known = undefined;
      return true;
    },
  };
}

async function resolve(access: AccessOptions, region: string, secret: (value: string) => void): Promise<Credentials> {
  const base = await baseProvider(access, region);
  const role = access.assume_role;
  const found = role?.role_arn ? await assumeRole(access, role.role_arn, base, region) : await base();
  secret(found.secretAccessKey);
  if (found.sessionToken) secret(found.sessionToken);
  return found;
}

type Provider = () => Promise<Credentials>;

async function baseProvider(access: AccessOptions, region: string): Promise<Provider> {
  if (access.access_key && access.secret_key) {
    const fixed = {
      accessKeyId: access.access_key,
      secretAccessKey: access.secret_key,
      ...(access.token && { sessionToken: access.token }),
    };
    return async () => fixed;
  }
  if (access.vault_aws_engine?.name) {
    const { vaultCredentials } = await import('./vault.ts');
    const engine = access.vault_aws_engine;
    return () => vaultCredentials(engine);
  }
  const fromEnvironment = environmentCredentials(access);
  if (fromEnvironment) return async () => fromEnvironment;
  const { fromNodeProviderChain } = await import('./credential-sdk.ts');
  return fromNodeProviderChain({
    ...(access.profile && { profile: access.profile }),
    ...(access.shared_credentials_file && { filepath: access.shared_credentials_file }),
    ...(access.mfa_code && { mfaCodeProvider: async () => access.mfa_code ?? '' }),
    // When credentials ran out, another program may have written new ones to the file.
    ignoreCache: true,
    clientConfig: { region },
  });
}

/** The commonest case needs no SDK: keys in the environment, and no profile that would go first. */
function environmentCredentials(access: AccessOptions): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token, AWS_PROFILE } = process.env;
  if (!id || !key || access.profile || AWS_PROFILE) return undefined;
  return { accessKeyId: id, secretAccessKey: key, ...(token && { sessionToken: token }) };
}

async function assumeRole(access: AccessOptions, arn: string, base: Provider, region: string): Promise<Credentials> {
  const { fromTemporaryCredentials } = await import('./credential-sdk.ts');
  const role = access.assume_role ?? {};
  const code = access.mfa_code;
  const provider = fromTemporaryCredentials({
    masterCredentials: base,
    ...(code && { mfaCodeProvider: async () => code }),
    params: {
      RoleArn: arn,
      RoleSessionName: role.session_name || `kiln-${process.pid}`,
      ...(role.duration_seconds && { DurationSeconds: role.duration_seconds }),
      ...(role.external_id && { ExternalId: role.external_id }),
      ...(role.policy && { Policy: role.policy }),
      ...(role.policy_arns && { PolicyArns: role.policy_arns.map(one => ({ arn: one })) }),
      ...(role.tags && { Tags: Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })) }),
      ...(role.transitive_tag_keys && { TransitiveTagKeys: [...role.transitive_tag_keys] }),
      ...(code && { TokenCode: code }),
    },
    clientConfig: { region },
  });
  try {
    return await provider();
  } catch (error) {
    throw new KilnError(
      `the role ${arn} cannot be taken on: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'check assume_role.role_arn, its trust policy, external_id and mfa_code',
        cause: error,
        code: 'aws-credentials',
      },
    );
  }
}
