/** Security Token Service (API version 2011-06-15): who am I, and roles to assume. */
import { randomBytes } from 'node:crypto';
import { ApiError } from '../protocol/errors.ts';
import { integer, list, required, string, struct } from '../protocol/params.ts';
import { randomCredentials } from '../store/credentials.ts';
import { iamTags } from './iam/tags.ts';
import { type Operation, operation } from './service.ts';
import type { Sessions } from './sessions.ts';

/** Limits of a role session, seconds. Source: STS API reference, AssumeRole. */
const SHORTEST = 900;
const LONGEST = 43_200;

/** The operations; sessions they open are accepted by the endpoint until they expire. */
export function stsOperations(sessions: Sessions): Readonly<Record<string, Operation>> {
  return {
    GetCallerIdentity: operation({}, call => ({
      Arn: `arn:aws:iam::${call.world.accountId}:user/kiln`,
      UserId: 'AIDAKILNLOCALEC2USER',
      Account: call.world.accountId,
    })),
    AssumeRole: operation(
      {
        RoleArn: required(string),
        RoleSessionName: required(string),
        DurationSeconds: integer,
        ExternalId: string,
        Policy: string,
        PolicyArns: list(struct({ arn: string })),
        SerialNumber: string,
        SourceIdentity: string,
        Tags: iamTags,
        TokenCode: string,
        TransitiveTagKeys: list(string),
      },
      (call, input) => {
        const match = /^arn:[a-z-]+:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(input.RoleArn);
        if (!match) throw new ApiError('ValidationError', `${input.RoleArn} is invalid`);
        const seconds = input.DurationSeconds ?? 3600;
        if (seconds < SHORTEST || seconds > LONGEST)
          throw new ApiError(
            'ValidationError',
            `The requested DurationSeconds must be between ${SHORTEST} and ${LONGEST}`,
          );
        const [, account = '', role = ''] = match;
        if (account !== call.world.accountId || !Object.hasOwn(call.world.store.state.roles, role))
          throw new ApiError(
            'AccessDenied',
            `User: arn:aws:iam::${call.world.accountId}:user/kiln is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
          );
        const expiration = new Date(call.world.now() + seconds * 1000);
        const key = randomCredentials('ASIA');
        const token = randomBytes(96).toString('base64');
        sessions.add({ ...key, sessionToken: token, expiresAt: expiration.getTime() });
        return {
          Credentials: {
            AccessKeyId: key.accessKeyId,
            SecretAccessKey: key.secretAccessKey,
            SessionToken: token,
            Expiration: expiration,
          },
          AssumedRoleUser: {
            AssumedRoleId: `${call.world.store.state.roles[role]?.id}:${input.RoleSessionName}`,
            Arn: `arn:aws:sts::${account}:assumed-role/${role}/${input.RoleSessionName}`,
          },
        };
      },
    ),
  };
}
