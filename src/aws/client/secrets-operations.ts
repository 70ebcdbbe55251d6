import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

export { SecretsManagerClient };

/** The Secrets Manager actions kiln uses. */
export const secretsCommands = { getSecretValue: GetSecretValueCommand } as const;
