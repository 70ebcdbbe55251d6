import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { AccessOptions } from '../options/index.ts';
import type { Credentials } from './credentials.ts';

type Engine = NonNullable<AccessOptions['vault_aws_engine']>;

/** Reads credentials from Vault's AWS secrets engine (Vault HTTP API, secret/aws). Throws KilnError. */
export async function vaultCredentials(engine: Engine): Promise<Credentials> {
  const address = process.env['VAULT_ADDR'] || 'https://127.0.0.1:8200';
  const token =
    process.env['VAULT_TOKEN'] || (await readFile(join(homedir(), '.vault-token'), 'utf8').catch(() => '')).trim();
  if (!token) {
    throw new KilnError('Vault is to give the AWS credentials, but there is no Vault token', {
      hint: 'set VAULT_TOKEN, or log in with "vault login"',
    });
  }
  const mount = engine.engine_name || 'aws';
  const path = engine.role_arn ? `${mount}/sts/${engine.name}` : `${mount}/creds/${engine.name}`;
  const query = engine.role_arn
    ? `?${new URLSearchParams({ role_arn: engine.role_arn, ...(engine.ttl && { ttl: engine.ttl }) })}`
    : '';
  const namespace = process.env['VAULT_NAMESPACE'];
  let answer: Response;
  try {
    answer = await fetch(`${address.replace(/\/$/, '')}/v1/${path}${query}`, {
      headers: { 'X-Vault-Token': token, ...(namespace && { 'X-Vault-Namespace': namespace }) },
      signal: AbortSignal.timeout(60_000),
    });
  } catch (error) {
    throw new KilnError(`Vault could not be reached at ${address}: ${messageOf(error)}`, {
      hint: 'check VAULT_ADDR',
      cause: error,
    });
  }
  const body = (await answer.json().catch(() => ({}))) as {
    data?: Record<string, string>;
    errors?: readonly string[];
    lease_duration?: number;
  };
  const { access_key: id, secret_key: key, security_token: session } = body.data ?? {};
  if (!answer.ok || !id || !key) {
    const reason = body.errors?.join(', ') || (answer.ok ? 'there is no secret' : `HTTP ${answer.status}`);
    throw new KilnError(`Vault gave no AWS credentials at ${path}: ${reason}`, {
      hint: 'check vault_aws_engine and what the Vault token may read',
    });
  }
  const seconds = body.lease_duration ?? 0;
  return {
    accessKeyId: id,
    secretAccessKey: key,
    ...(session && { sessionToken: session }),
    ...(seconds > 0 && { expiration: new Date(Date.now() + seconds * 1000) }),
  };
}
