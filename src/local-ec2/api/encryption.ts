import { partitionOf } from '../regions.ts';
import type { Call } from './action.ts';

/** The ARN of a KMS key given by id, alias or ARN; the account's default EBS key when empty. */
export function kmsKeyArn(call: Call, key: string | undefined): string {
  const stem = `arn:${partitionOf(call.region)}:kms:${call.region}:${call.world.accountId}`;
  if (!key) return `${stem}:key/00000000-0000-4000-8000-000000000eb5`;
  if (key.startsWith('arn:')) return key;
  return key.startsWith('alias/') ? `${stem}:${key}` : `${stem}:key/${key}`;
}

/** Why a key cannot be used in this region; undefined when it can. EC2 tells it only in the failed resource's state. */
export function keyProblem(call: Call, arn: string): string | undefined {
  const region = arn.split(':')[3];
  return region === call.region
    ? undefined
    : `Client.InvalidKMSKey.InvalidState: The KMS key ${arn} is not usable in ${call.region}`;
}
