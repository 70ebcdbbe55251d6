import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  IAMClient,
  ListInstanceProfilesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';

export { IAMClient };

/** The IAM actions kiln uses. */
export const iamCommands = {
  addRoleToInstanceProfile: AddRoleToInstanceProfileCommand,
  createInstanceProfile: CreateInstanceProfileCommand,
  createRole: CreateRoleCommand,
  deleteInstanceProfile: DeleteInstanceProfileCommand,
  deleteRole: DeleteRoleCommand,
  deleteRolePolicy: DeleteRolePolicyCommand,
  getInstanceProfile: GetInstanceProfileCommand,
  getRole: GetRoleCommand,
  listInstanceProfiles: ListInstanceProfilesCommand,
  listRoles: ListRolesCommand,
  putRolePolicy: PutRolePolicyCommand,
  removeRoleFromInstanceProfile: RemoveRoleFromInstanceProfileCommand,
} as const;
