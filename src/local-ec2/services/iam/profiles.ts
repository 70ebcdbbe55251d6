import type { Call } from '../../api/action.ts';
import { ApiError, invalidParameter } from '../../protocol/errors.ts';
import { integer, required, string } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import { newIamId } from '../../store/ids.ts';
import type { InstanceProfileRecord } from '../../store/model.ts';
import { type Operation, operation } from '../service.ts';
import { roleOf, roleXml } from './roles.ts';
import { checkName, iamTags, readTags, tagsXml } from './tags.ts';

const LONGEST_PROFILE = 128;

function profileArn(call: Call, profile: InstanceProfileRecord): string {
  return `arn:aws:iam::${call.world.accountId}:instance-profile${profile.path}${profile.name}`;
}

function profileXml(call: Call, profile: InstanceProfileRecord): Xml {
  const { roles } = call.world.store.state;
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profileArn(call, profile),
    CreateDate: new Date(profile.createdAt),
    Roles: profile.roles.flatMap(name => (roles[name] ? [roleXml(call, roles[name])] : [])),
    Tags: tagsXml(profile.tags),
  };
}

function isVisible(call: Call, profile: InstanceProfileRecord): boolean {
  const { faults } = call.world;
  return faults.sees(call.action, 'instance-profile', profile.id, profile.createdAt - faults.clockOffset) === 'yes';
}

function profileOf(call: Call, name: string): InstanceProfileRecord {
  const { instanceProfiles } = call.world.store.state;
  const profile = Object.hasOwn(instanceProfiles, name) ? instanceProfiles[name] : undefined;
  if (!profile || !isVisible(call, profile))
    throw new ApiError('NoSuchEntity', `Instance Profile ${name} cannot be found.`);
  return profile;
}

/** The profile that a launch names. Throws what RunInstances says while IAM's news have not reached EC2. */
export function profileForLaunch(
  call: Call,
  wanted: { readonly Arn: string | undefined; readonly Name: string | undefined },
): { readonly arn: string; readonly id: string } {
  const profiles = Object.values(call.world.store.state.instanceProfiles);
  const found = profiles.find(one => (wanted.Name ? one.name === wanted.Name : profileArn(call, one) === wanted.Arn));
  if (!found || !isVisible(call, found)) {
    const [what, value] = wanted.Name ? ['name', wanted.Name] : ['arn', wanted.Arn];
    const noun = what === 'name' ? 'name' : 'ARN';
    throw invalidParameter(
      `Value (${value}) for parameter iamInstanceProfile.${what} is invalid. Invalid IAM Instance Profile ${noun}`,
    );
  }
  if (found.roles.length === 0)
    throw invalidParameter(`IAM Instance Profile "${profileArn(call, found)}" has no associated IAM Roles`);
  return { arn: profileArn(call, found), id: found.id };
}

const profile = { InstanceProfileName: required(string) } as const;
const withRole = { ...profile, RoleName: required(string) } as const;

export const profileOperations: Readonly<Record<string, Operation>> = {
  CreateInstanceProfile: operation({ ...profile, Path: string, Tags: iamTags }, (call, input) => {
    const { instanceProfiles } = call.world.store.state;
    checkName(input.InstanceProfileName, 'instanceProfileName', LONGEST_PROFILE);
    if (Object.hasOwn(instanceProfiles, input.InstanceProfileName))
      throw new ApiError('EntityAlreadyExists', `Instance Profile ${input.InstanceProfileName} already exists.`);
    const made: InstanceProfileRecord = {
      name: input.InstanceProfileName,
      id: newIamId('AIPA'),
      path: input.Path ?? '/',
      createdAt: call.world.now(),
      tags: readTags(input.Tags),
      roles: [],
    };
    instanceProfiles[made.name] = made;
    call.world.touch();
    return { InstanceProfile: profileXml(call, made) };
  }),
  GetInstanceProfile: operation(profile, (call, input) => ({
    InstanceProfile: profileXml(call, profileOf(call, input.InstanceProfileName)),
  })),
  ListInstanceProfiles: operation({ PathPrefix: string, Marker: string, MaxItems: integer }, call => ({
    InstanceProfiles: Object.values(call.world.store.state.instanceProfiles).map(one => profileXml(call, one)),
    IsTruncated: false,
  })),
  ListInstanceProfilesForRole: operation(
    { RoleName: required(string), Marker: string, MaxItems: integer },
    (call, input) => {
      const { name } = roleOf(call, input.RoleName);
      const found = Object.values(call.world.store.state.instanceProfiles).filter(one => one.roles.includes(name));
      return { InstanceProfiles: found.map(one => profileXml(call, one)), IsTruncated: false };
    },
  ),
  DeleteInstanceProfile: operation(profile, (call, input) => {
    const found = profileOf(call, input.InstanceProfileName);
    if (found.roles.length > 0)
      throw new ApiError('DeleteConflict', 'Cannot delete entity, must remove roles from instance profile first.');
    delete call.world.store.state.instanceProfiles[found.name];
    call.world.touch();
    return undefined;
  }),
  TagInstanceProfile: operation({ ...profile, Tags: iamTags }, (call, input) => {
    Object.assign(profileOf(call, input.InstanceProfileName).tags, readTags(input.Tags));
    call.world.touch();
    return undefined;
  }),
  AddRoleToInstanceProfile: operation(withRole, (call, input) => {
    const found = profileOf(call, input.InstanceProfileName);
    const role = roleOf(call, input.RoleName);
    if (found.roles.length > 0)
      throw new ApiError('LimitExceeded', 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1', 409);
    found.roles.push(role.name);
    call.world.touch();
    return undefined;
  }),
  RemoveRoleFromInstanceProfile: operation(withRole, (call, input) => {
    const found = profileOf(call, input.InstanceProfileName);
    if (!found.roles.includes(input.RoleName))
      throw new ApiError('NoSuchEntity', `Role ${input.RoleName} cannot be found.`);
    found.roles = found.roles.filter(name => name !== input.RoleName);
    call.world.touch();
    return undefined;
  }),
};
