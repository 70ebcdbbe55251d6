import { KilnError } from '../sdk/errors.ts';
import type { AccountRef } from '../sdk/resources.ts';
import { accountOfKey } from './account-of-key.ts';
import { type Aws, createAws } from './client/index.ts';

/**
 * Opens the account that a ledger names, with the credentials at hand. Throws a KilnError when those are certainly of
 * another account: there nothing would be found, and everything would seem to be gone.
 */
export async function openRecordedAccount(account: AccountRef): Promise<Aws> {
  const { region, endpoint, profile, roleArn } = account;
  const aws = await createAws(
    {
      region,
      ...(endpoint && { custom_endpoint_ec2: endpoint }),
      ...(profile && { profile }),
      ...(roleArn && { assume_role: { role_arn: roleArn } }),
    },
    { local: false, secret: () => {} },
  );
  if (account.accessKeyId && !endpoint) checkSame(account.accessKeyId, await aws.accessKeyId());
  return aws;
}

function checkSame(recorded: string, atHand: string): void {
  const [wanted, found] = [accountOfKey(recorded), accountOfKey(atHand)];
  if (wanted === undefined || found === undefined || wanted === found) return;
  throw new KilnError(`it belongs to AWS account ${wanted}, but the credentials at hand are of account ${found}`, {
    hint: `export the credentials the run had (access key id ${recorded}), or others of account ${wanted}`,
    code: 'aws-other-account',
  });
}
