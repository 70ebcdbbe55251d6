import { KilnError, messageOf } from '../sdk/errors.ts';
import { createAws } from './client/index.ts';

/** Milliseconds that reading one secret may take, retries included. */
const PATIENCE = 60_000;

/** The current version of a secret, by the default credential chain. Throws a KilnError that says why it could not be read. */
export async function readSecret(
  name: string,
): Promise<{ readonly kind: 'text'; readonly text: string } | { readonly kind: 'binary' }> {
  const aws = await createAws({}, { local: false, secret: () => {} });
  const secrets = await aws.secretsManager();
  try {
    const { SecretString } = await secrets.getSecretValue(
      { SecretId: name, VersionStage: 'AWSCURRENT' },
      AbortSignal.timeout(PATIENCE),
    );
    return SecretString === undefined ? { kind: 'binary' } : { kind: 'text', text: SecretString };
  } catch (error) {
    throw new KilnError(`the secret "${name}" could not be read: ${messageOf(error)}`, {
      cause: error,
      hint: 'check its name, the region and the credentials (aws secretsmanager get-secret-value)',
    });
  }
}
