import type { PrepareContext } from '../../sdk/plugin.ts';
import type { AccessOptions } from '../options/index.ts';
import { isEmpty } from './key-values.ts';

/** Rules of the access options beyond the declared ones (reference: common.json, rules.access). */
export function checkAccess(options: AccessOptions, context: PrepareContext): void {
  for (const secret of [options.access_key, options.secret_key, options.token]) if (secret) context.secret(secret);
  const vault = options.vault_aws_engine;
  const usesVault = vault && [vault.name, vault.role_arn, vault.ttl].some(value => !isEmpty(value));
  if (usesVault && options.access_key) {
    context.error(
      ['access_key'],
      'conflicting-options',
      'access_key is given although vault_aws_engine is to fetch the credentials',
      'leave one of the two out',
    );
  }
  if (usesVault && isEmpty(vault.name)) {
    context.error(
      ['vault_aws_engine'],
      'missing-option',
      'vault_aws_engine does not say which role to read',
      'add "name"',
    );
  }
  const endpoint = options.custom_endpoint_ec2;
  if (endpoint && !/^https?:\/\/[^/]+/.test(endpoint)) {
    context.error(
      ['custom_endpoint_ec2'],
      'bad-value',
      `custom_endpoint_ec2 "${endpoint}" is not the URL of an endpoint`,
      'write it as https://HOST or http://HOST:PORT',
    );
  }
}
