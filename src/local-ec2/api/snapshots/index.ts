/** Actions on snapshots. */
import { ApiError, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { filters, integer, list, oneOf, required, string, struct } from '../../protocol/params.ts';
import type { SnapshotRecord } from '../../store/model.ts';
import { type Action, action, DONE } from '../action.ts';
import { matcher } from '../filters.ts';
import { select } from '../kinds.ts';
import { page } from '../paging.ts';
import { copySnapshot, createSnapshot, createSnapshots } from './create.ts';
import { deleteSnapshot } from './delete.ts';
import { ownSnapshotOf } from './own.ts';
import { SNAPSHOT_FILTERS, snapshotXml } from './view.ts';

const describeSnapshots = action(
  {
    SnapshotId: list(string),
    Owner: list(string),
    RestorableBy: list(string),
    Filter: filters,
    MaxResults: integer,
    NextToken: string,
  },
  (call, input) => {
    const self = (name: string): string => (name === 'self' ? call.world.accountId : name);
    const owners = input.Owner.map(self);
    const users = input.RestorableBy.map(self);
    const byFilter = matcher(input.Filter, SNAPSHOT_FILTERS(call));
    const found = select(
      call,
      'snapshots',
      input.SnapshotId,
      one =>
        (owners.length === 0 || owners.includes(one.ownerId) || owners.includes(one.ownerAlias ?? '')) &&
        (users.length === 0 || users.some(user => restorableBy(one, user))) &&
        byFilter(one),
    );
    const { items, nextToken } = page(found, input, { byId: input.SnapshotId.length > 0 });
    return { snapshotSet: items.map(one => snapshotXml(call, one)), nextToken };
  },
);

function restorableBy(snapshot: SnapshotRecord, user: string): boolean {
  return user === 'all' ? snapshot.public : snapshot.ownerId === user || snapshot.sharedWith.includes(user);
}

const permissionItem = struct({ UserId: string, Group: string });
type Item = { readonly UserId: string | undefined; readonly Group: string | undefined };

const modifySnapshotAttribute = action(
  {
    SnapshotId: required(string),
    Attribute: oneOf('createVolumePermission', 'productCodes'),
    OperationType: oneOf('add', 'remove'),
    UserId: list(string),
    UserGroup: list(string),
    CreateVolumePermission: struct({ Add: list(permissionItem), Remove: list(permissionItem) }),
  },
  (call, input) => {
    const snapshot = ownSnapshotOf(call, input.SnapshotId);
    const simple: Item[] = [
      ...input.UserId.map(UserId => ({ UserId, Group: undefined })),
      ...input.UserGroup.map(Group => ({ UserId: undefined, Group })),
    ];
    // As with images, the accounts may be repeated in both forms.
    if (simple.length > 0 && !input.OperationType && !input.CreateVolumePermission)
      throw missingParameter('OperationType');
    const add = [...(input.CreateVolumePermission?.Add ?? []), ...(input.OperationType === 'add' ? simple : [])];
    const remove = [
      ...(input.CreateVolumePermission?.Remove ?? []),
      ...(input.OperationType === 'remove' ? simple : []),
    ];
    if (add.length + remove.length === 0) throw missingParameter('CreateVolumePermission');
    for (const one of [...add, ...remove]) checkItem(one);
    if (snapshot.encrypted && add.some(one => one.Group === 'all'))
      throw new ApiError('OperationNotPermitted', 'Encrypted snapshots with EBS default key cannot be shared');
    for (const { UserId, Group } of remove) {
      if (Group) snapshot.public = false;
      if (UserId) snapshot.sharedWith = snapshot.sharedWith.filter(one => one !== UserId);
    }
    for (const { UserId, Group } of add) {
      if (Group) snapshot.public = true;
      if (UserId && !snapshot.sharedWith.includes(UserId)) snapshot.sharedWith.push(UserId);
    }
    call.world.touch();
    return DONE;
  },
);

function checkItem({ UserId, Group }: Item): void {
  if (Group !== undefined && Group !== 'all')
    throw invalidParameter(`Value (${Group}) for parameter group is invalid. Valid values are: all.`);
  if (UserId !== undefined && !/^\d{12}$/.test(UserId)) throw invalidParameter(`Invalid userId: ${UserId}`);
}

const describeSnapshotAttribute = action(
  { SnapshotId: required(string), Attribute: required(oneOf('createVolumePermission', 'productCodes')) },
  (call, input) => {
    const snapshot = ownSnapshotOf(call, input.SnapshotId);
    const permissions = [
      ...(snapshot.public ? [{ group: 'all' }] : []),
      ...snapshot.sharedWith.map(userId => ({ userId })),
    ];
    const shown = input.Attribute === 'productCodes' ? { productCodes: [] } : { createVolumePermission: permissions };
    return { snapshotId: snapshot.id, ...shown };
  },
);

const resetSnapshotAttribute = action(
  { SnapshotId: required(string), Attribute: required(oneOf('createVolumePermission')) },
  (call, input) => {
    const snapshot = ownSnapshotOf(call, input.SnapshotId);
    snapshot.sharedWith = [];
    snapshot.public = false;
    call.world.touch();
    return DONE;
  },
);

export const snapshotActions: Readonly<Record<string, Action>> = {
  DescribeSnapshots: describeSnapshots,
  CreateSnapshot: createSnapshot,
  CreateSnapshots: createSnapshots,
  CopySnapshot: copySnapshot,
  DeleteSnapshot: deleteSnapshot,
  ModifySnapshotAttribute: modifySnapshotAttribute,
  DescribeSnapshotAttribute: describeSnapshotAttribute,
  ResetSnapshotAttribute: resetSnapshotAttribute,
};
