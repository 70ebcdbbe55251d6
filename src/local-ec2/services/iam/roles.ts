import type { Call } from '../../api/action.ts';
import { ApiError } from '../../protocol/errors.ts';
import { integer, required, string } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import { newIamId } from '../../store/ids.ts';
import type { RoleRecord } from '../../store/model.ts';
import { type Operation, operation } from '../service.ts';
import { checkName, iamTags, readTags, tagsXml } from './tags.ts';

const LONGEST_ROLE = 64;
const LONGEST_POLICY = 128;

export function roleArn(call: Call, role: RoleRecord): string {
  return `arn:aws:iam::${call.world.accountId}:role${role.path}${role.name}`;
}

export function roleXml(call: Call, role: RoleRecord): Xml {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(call, role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
    Tags: tagsXml(role.tags),
  };
}

/** Throws NoSuchEntity, also while the fault plan hides a new role. */
export function roleOf(call: Call, name: string): RoleRecord {
  const { roles } = call.world.store.state;
  const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
  const { faults } = call.world;
  if (!role || faults.sees(call.action, 'role', role.id, role.createdAt - faults.clockOffset) !== 'yes')
    throw new ApiError('NoSuchEntity', `The role with name ${name} cannot be found.`);
  return role;
}

function checkPolicy(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'Statement' in value) return text;
  } catch {
    // Told below.
  }
  throw new ApiError('MalformedPolicyDocument', 'Syntax errors in policy.');
}

const role = { RoleName: required(string) } as const;
const policy = { ...role, PolicyName: required(string) } as const;

export const roleOperations: Readonly<Record<string, Operation>> = {
  CreateRole: operation(
    {
      ...role,
      AssumeRolePolicyDocument: required(string),
      Path: string,
      Description: string,
      MaxSessionDuration: integer,
      PermissionsBoundary: string,
      Tags: iamTags,
    },
    (call, input) => {
      const { roles } = call.world.store.state;
      checkName(input.RoleName, 'roleName', LONGEST_ROLE);
      if (Object.hasOwn(roles, input.RoleName))
        throw new ApiError('EntityAlreadyExists', `Role with name ${input.RoleName} already exists.`);
      const made: RoleRecord = {
        name: input.RoleName,
        id: newIamId('AROA'),
        path: input.Path ?? '/',
        trust: checkPolicy(input.AssumeRolePolicyDocument),
        ...(input.Description && { description: input.Description }),
        maxSessionDuration: input.MaxSessionDuration ?? 3600,
        createdAt: call.world.now(),
        tags: readTags(input.Tags),
        policies: {},
        attached: [],
      };
      roles[made.name] = made;
      call.world.touch();
      return { Role: roleXml(call, made) };
    },
  ),
  GetRole: operation(role, (call, input) => ({ Role: roleXml(call, roleOf(call, input.RoleName)) })),
  ListRoles: operation({ PathPrefix: string, Marker: string, MaxItems: integer }, call => ({
    Roles: Object.values(call.world.store.state.roles).map(one => roleXml(call, one)),
    IsTruncated: false,
  })),
  DeleteRole: operation(role, (call, input) => {
    const { name, policies, attached } = roleOf(call, input.RoleName);
    if (Object.keys(policies).length > 0)
      throw new ApiError('DeleteConflict', 'Cannot delete entity, must delete policies first.');
    if (attached.length > 0)
      throw new ApiError('DeleteConflict', 'Cannot delete entity, must detach all policies first.');
    if (Object.values(call.world.store.state.instanceProfiles).some(one => one.roles.includes(name)))
      throw new ApiError('DeleteConflict', 'Cannot delete entity, must remove roles from instance profile first.');
    delete call.world.store.state.roles[name];
    call.world.touch();
    return undefined;
  }),
  TagRole: operation({ ...role, Tags: iamTags }, (call, input) => {
    Object.assign(roleOf(call, input.RoleName).tags, readTags(input.Tags));
    call.world.touch();
    return undefined;
  }),
  PutRolePolicy: operation({ ...policy, PolicyDocument: required(string) }, (call, input) => {
    checkName(input.PolicyName, 'policyName', LONGEST_POLICY);
    roleOf(call, input.RoleName).policies[input.PolicyName] = checkPolicy(input.PolicyDocument);
    call.world.touch();
    return undefined;
  }),
  GetRolePolicy: operation(policy, (call, input) => {
    const text = policyOf(roleOf(call, input.RoleName), input.PolicyName);
    return { RoleName: input.RoleName, PolicyName: input.PolicyName, PolicyDocument: encodeURIComponent(text) };
  }),
  DeleteRolePolicy: operation(policy, (call, input) => {
    const found = roleOf(call, input.RoleName);
    policyOf(found, input.PolicyName);
    delete found.policies[input.PolicyName];
    call.world.touch();
    return undefined;
  }),
  ListRolePolicies: operation({ ...role, Marker: string, MaxItems: integer }, (call, input) => ({
    PolicyNames: Object.keys(roleOf(call, input.RoleName).policies),
    IsTruncated: false,
  })),
  AttachRolePolicy: operation({ ...role, PolicyArn: required(string) }, (call, input) => {
    const { attached } = roleOf(call, input.RoleName);
    if (!attached.includes(input.PolicyArn)) attached.push(input.PolicyArn);
    call.world.touch();
    return undefined;
  }),
  DetachRolePolicy: operation({ ...role, PolicyArn: required(string) }, (call, input) => {
    const found = roleOf(call, input.RoleName);
    if (!found.attached.includes(input.PolicyArn))
      throw new ApiError('NoSuchEntity', `Policy ${input.PolicyArn} was not found.`);
    found.attached = found.attached.filter(one => one !== input.PolicyArn);
    call.world.touch();
    return undefined;
  }),
  ListAttachedRolePolicies: operation(
    { ...role, PathPrefix: string, Marker: string, MaxItems: integer },
    (call, input) => ({
      AttachedPolicies: roleOf(call, input.RoleName).attached.map(PolicyArn => ({
        PolicyName: PolicyArn.split('/').at(-1),
        PolicyArn,
      })),
      IsTruncated: false,
    }),
  ),
};

function policyOf(found: RoleRecord, name: string): string {
  const text = Object.hasOwn(found.policies, name) ? found.policies[name] : undefined;
  if (text === undefined) throw new ApiError('NoSuchEntity', `The role policy with name ${name} cannot be found.`);
  return text;
}
