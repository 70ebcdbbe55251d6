/** Identity and Access Management, as far as instance profiles need it (API version 2010-05-08). */
import { string } from '../../protocol/params.ts';
import { type Operation, operation } from '../service.ts';
import { profileOperations } from './profiles.ts';
import { roleOperations } from './roles.ts';

export const IAM_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...roleOperations,
  ...profileOperations,
  GetUser: operation({ UserName: string }, call => ({
    User: {
      Path: '/',
      UserName: 'kiln',
      UserId: call.world.accountId,
      Arn: `arn:aws:iam::${call.world.accountId}:user/kiln`,
      CreateDate: new Date(0),
    },
  })),
};
