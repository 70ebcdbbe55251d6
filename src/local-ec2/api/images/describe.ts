import { ApiError } from '../../protocol/errors.ts';
import { boolean, type Filters, filters, integer, list, string } from '../../protocol/params.ts';
import { admitStandIn, standInById, standInBySearch } from '../../stand-ins.ts';
import type { ImageRecord } from '../../store/model.ts';
import { action, type Call } from '../action.ts';
import { matcher } from '../filters.ts';
import { checkId, find, peek, select } from '../kinds.ts';
import { page } from '../paging.ts';
import { IMAGE_FILTERS, imageXml, isOwn, isPublic } from './view.ts';

/** An image that a call names: of the store, or a stand-in. Throws InvalidAMIID.*. */
export function imageOf(call: Call, id: string): ImageRecord {
  checkId('images', id);
  const standIn = standInById(call, id);
  if (standIn) return admitStandIn(call, standIn);
  const image = find(call, 'images', id);
  if (image.state === 'deregistered')
    throw new ApiError('InvalidAMIID.Unavailable', `The image id '[${id}]' is no longer available`);
  return image;
}

/** An image of the account's own. Throws InvalidAMIID.* or AuthFailure. */
export function ownImageOf(call: Call, id: string): ImageRecord {
  const image = find(call, 'images', id);
  if (!isOwn(call, image)) throw new ApiError('AuthFailure', `Not authorized for image:${id}`);
  return image;
}

export const describeImages = action(
  {
    ExecutableBy: list(string),
    ImageId: list(string),
    Owner: list(string),
    Filter: filters,
    IncludeDeprecated: boolean,
    IncludeDisabled: boolean,
    MaxResults: integer,
    NextToken: string,
  },
  (call, input) => {
    const byFilter = matcher(input.Filter, IMAGE_FILTERS);
    const ids = [...input.ImageId, ...idsInFilters(input.Filter)];
    for (const id of ids) {
      const standIn = standInById(call, id, input.Owner, input.Filter);
      if (standIn && byFilter(standIn)) admitStandIn(call, standIn);
    }
    const named = new Set(ids);
    const now = call.world.now();
    const fits = (image: ImageRecord): boolean =>
      (!image.standIn || named.has(image.id)) &&
      (input.Owner.length === 0 || input.Owner.some(owner => owns(call, owner, image))) &&
      (input.ExecutableBy.length === 0 || input.ExecutableBy.some(user => executes(call, user, image))) &&
      (named.has(image.id) || input.IncludeDeprecated === true || isOwn(call, image) || !isDeprecated(image, now)) &&
      byFilter(image);
    let images = select(call, 'images', input.ImageId, fits);
    if (images.length === 0 && ids.length === 0) {
      const standIn = standInBySearch(call, input.Owner, input.Filter);
      const known = standIn && (peek(call, 'images', standIn.id) ?? standIn);
      if (known && byFilter(known)) images = [admitStandIn(call, known)];
    }
    const { items, nextToken } = page(images, input, { min: 1, byId: input.ImageId.length > 0 });
    return { imagesSet: items.map(imageXml), nextToken };
  },
);

function idsInFilters(wanted: Filters): readonly string[] {
  return wanted.flatMap(one => (one.Name === 'image-id' ? one.Value.filter(value => !/[*?]/.test(value)) : []));
}

function owns(call: Call, owner: string, image: ImageRecord): boolean {
  if (owner === 'self') return isOwn(call, image);
  return image.ownerId === owner || image.ownerAlias === owner;
}

function executes(call: Call, user: string, image: ImageRecord): boolean {
  if (user === 'all') return isPublic(image);
  const account = user === 'self' ? call.world.accountId : user;
  return image.permissions.some(one => one.kind === 'user' && one.value === account);
}

function isDeprecated(image: ImageRecord, now: number): boolean {
  return image.deprecationTime !== undefined && image.deprecationTime <= now;
}
