import { DecodeAuthorizationMessageCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

export { STSClient };

/** The STS actions kiln uses itself; taking on roles is the credential providers' work. */
export const stsCommands = {
  decodeAuthorizationMessage: DecodeAuthorizationMessageCommand,
  getCallerIdentity: GetCallerIdentityCommand,
} as const;
