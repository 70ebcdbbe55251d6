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
  putRolePolicy: PutRolePolicyCommand,
  removeRoleFromInstanceProfile: RemoveRoleFromInstanceProfileCommand,
} as const;
