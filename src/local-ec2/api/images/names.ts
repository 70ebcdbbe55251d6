import { ApiError } from '../../protocol/errors.ts';
import type { Call } from '../action.ts';
import { isOwn } from './view.ts';

/** Refuses a name that EC2 would not take, or that an image of the account has. Source: EC2 API reference, CreateImage. */
export function checkImageName(call: Call, name: string): void {
  if (Buffer.byteLength(name) < 3 || Buffer.byteLength(name) > 128 || !/^[A-Za-z0-9()[\] ./\-'@_]+$/.test(name))
    throw new ApiError(
      'InvalidAMIName.Malformed',
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
    );
  const other = Object.values(call.state.images).find(
    one => isOwn(call, one) && one.name === name && one.state !== 'failed',
  );
  if (other) throw new ApiError('InvalidAMIName.Duplicate', `AMI name ${name} is already in use by AMI ${other.id}`);
}
