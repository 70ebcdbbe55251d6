import type { SecretLookup } from '../template/interpolate/lookups.ts';

/** Reads AWS secrets for `{{ aws_secretsmanager }}`; the SDK is loaded only when a template calls it. */
export const awsSecrets: SecretLookup = {
  async read(name) {
    const { readSecret } = await import('../aws/secrets.ts');
    return readSecret(name);
  },
};
