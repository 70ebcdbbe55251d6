/** The shipped fault plans, by name: what EC2 does to people at night. */
import type { FaultPlan } from '../plan.ts';

export const FAULT_PLANS: Readonly<Record<string, FaultPlan>> = {
  'late-not-found': {
    description: 'What was just created is not found for a moment.',
    faults: [
      {
        kind: 'stale-read',
        resources: [
          'instance',
          'image',
          'snapshot',
          'key-pair',
          'security-group',
          'launch-template',
          'instance-profile',
          'role',
        ],
        milliseconds: 700,
        as: 'not-found',
        actions: [
          'Describe*',
          'Get*',
          'CreateTags',
          'Modify*',
          'AuthorizeSecurityGroup*',
          'RunInstances',
          'StopInstances',
          'TerminateInstances',
          'CreateImage',
          'CreateSnapshot',
          'CopyImage',
          'DeleteSecurityGroup',
          'DeleteSnapshot',
          'DeregisterImage',
          'AddRoleToInstanceProfile',
        ],
      },
    ],
  },
  'late-empty': {
    description: 'What was just created is missing from lists for a moment, without an error.',
    faults: [
      {
        kind: 'stale-read',
        resources: ['instance', 'image', 'snapshot', 'security-group', 'volume'],
        milliseconds: 700,
        as: 'empty',
      },
    ],
  },
  'flipping-reads': {
    description: 'New resources are there, gone and there again: each read may ask another replica.',
    faults: [
      {
        kind: 'stale-read',
        resources: ['instance', 'image', 'snapshot', 'security-group', 'key-pair', 'volume'],
        milliseconds: 1500,
        as: 'flip',
        probability: 0.8,
      },
    ],
  },
  throttled: {
    description: 'Tight request limits, one bucket for all reads, one for all changes.',
    faults: [
      { kind: 'throttle', actions: ['Describe*', 'Get*'], capacity: 10, perSecond: 5, shared: true },
      {
        kind: 'throttle',
        actions: [
          'Run*',
          'Create*',
          'Delete*',
          'Modify*',
          'Terminate*',
          'Stop*',
          'Copy*',
          'Register*',
          'Deregister*',
          'Authorize*',
        ],
        capacity: 4,
        perSecond: 2,
        shared: true,
      },
    ],
  },
  'lost-replies': {
    description: 'The call has its effect, but its answer never arrives.',
    faults: [
      {
        kind: 'lost-reply',
        actions: [
          'Run*',
          'Create*',
          'Copy*',
          'Register*',
          'Terminate*',
          'Stop*',
          'Delete*',
          'Deregister*',
          'Authorize*',
          'Modify*',
        ],
        probability: 0.3,
        times: 6,
      },
    ],
  },
  'no-capacity': {
    description: 'The zone has no capacity for the type, three times; then it has.',
    faults: [{ kind: 'no-capacity', times: 3 }],
  },
  'ami-slow': {
    description: 'The image stays pending long after its instance stopped.',
    faults: [{ kind: 'slow-state', resource: 'image', milliseconds: 4000 }],
  },
  'ami-failed': {
    description: 'The image ends failed, with a reason.',
    faults: [
      {
        kind: 'failed-state',
        resource: 'image',
        code: 'Server.InternalError',
        message: 'Server.InternalError: Internal error on snapshot',
      },
    ],
  },
  'pending-terminated': {
    description: 'The instance goes from pending to terminated, as with an exhausted volume quota.',
    faults: [
      {
        kind: 'failed-state',
        resource: 'instance',
        code: 'Client.VolumeLimitExceeded',
        message: 'Client.VolumeLimitExceeded: Volume limit exceeded',
      },
    ],
  },
  'group-in-use': {
    description: 'The security group cannot be deleted for a while after its instance went.',
    faults: [
      {
        kind: 'error',
        actions: ['DeleteSecurityGroup'],
        code: 'DependencyViolation',
        message: 'resource has a dependent object',
        milliseconds: 3000,
      },
    ],
  },
  'clock-skew': {
    description: "This machine's clock is half an hour behind the service's.",
    clockOffset: 1800,
    faults: [],
  },
  'expired-credentials': {
    description: 'In the middle of the work the credentials expire, once.',
    faults: [{ kind: 'error', actions: ['*'], code: 'RequestExpired', status: 400, after: 8, times: 1 }],
  },
  'spot-interruption': {
    description: 'Instances are taken away soon after they run.',
    faults: [{ kind: 'interrupt', milliseconds: 400, times: 1 }],
  },
  'kms-denied': {
    description: 'The key may not be used: every encrypted image ends failed.',
    faults: [
      {
        kind: 'failed-state',
        resource: 'image',
        encrypted: true,
        code: 'Client.InvalidKMSKey.InvalidState',
        message: 'Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state or may not be used',
      },
    ],
  },
  'opt-in-required': {
    description: 'The account is not subscribed to the source image.',
    faults: [
      {
        kind: 'error',
        actions: ['RunInstances', 'CreateFleet'],
        code: 'OptInRequired',
        message: 'In order to use this AWS Marketplace product you need to accept terms and subscribe.',
      },
    ],
  },
};
