import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { KilnError } from '../sdk/errors.ts';
import { credentialSource } from './client/credentials.ts';
import { chosenRegion } from './client/region.ts';

/** The current version of a secret, by the default credential chain. Throws a KilnError that says why it could not be read. */
export async function readSecret(
  name: string,
): Promise<{ readonly kind: 'text'; readonly text: string } | { readonly kind: 'binary' }> {
  const region = await chosenRegion({});
  const { provider } = credentialSource({}, region, () => {});
  const client = new SecretsManagerClient({ region, credentials: provider });
  try {
    const { SecretString } = await client.send(
      new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }),
    );
    return SecretString === undefined ? { kind: 'binary' } : { kind: 'text', text: SecretString };
  } catch (error) {
    throw new KilnError(
      `the secret "${name}" could not be read from AWS Secrets Manager in ${region}: ${(error as Error).message}`,
      {
        cause: error,
        hint: 'check its name, the region and the credentials (aws secretsmanager get-secret-value)',
      },
    );
  } finally {
    client.destroy();
  }
}
