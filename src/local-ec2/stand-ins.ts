/**
 * Public images that a store does not have, played by this machine's own tree.
 *
 * The rule: (1) an image id that is asked for by name is stood in for when it is well formed, was never made or
 * deregistered in this store (in whatever region), and does not begin with `ami-0bad`; (2) a search with an owner other than `self` and a `name` filter that
 * resembles a public image, or the owner of public images, gets one image, whose name fits the filter, provided that
 * the other filters fit it too. Images the store does have always come first.
 */
import { createHash } from 'node:crypto';
import type { Call } from './api/action.ts';
import { HOST_LAYER } from './machines/contract.ts';
import type { Filters } from './protocol/params.ts';
import { isWellFormedId } from './store/ids.ts';
import type { ImageRecord } from './store/model.ts';

/** Ids with this beginning never exist, so that templates and tests can name an image that is not there. */
export const NEVER_PREFIX = 'ami-0bad';

interface Family {
  readonly names: RegExp;
  readonly login: string;
  readonly root: string;
  readonly owner: string;
  readonly alias?: string;
  readonly windows?: boolean;
}

/** Publishers of public images: their account ids as AWS and the distributions document them. */
const FAMILIES: readonly Family[] = [
  {
    names: /windows/i,
    login: 'Administrator',
    root: '/dev/sda1',
    owner: '801119661308',
    alias: 'amazon',
    windows: true,
  },
  { names: /ubuntu/i, login: 'ubuntu', root: '/dev/sda1', owner: '099720109477' },
  { names: /debian/i, login: 'admin', root: '/dev/xvda', owner: '136693071363' },
  {
    names: /amzn|al20\d\d|amazon.?linux/i,
    login: 'ec2-user',
    root: '/dev/xvda',
    owner: '137112412989',
    alias: 'amazon',
  },
  { names: /rhel|red.?hat/i, login: 'ec2-user', root: '/dev/sda1', owner: '309956199498' },
  { names: /centos/i, login: 'centos', root: '/dev/sda1', owner: '125523088429' },
  { names: /rocky/i, login: 'rocky', root: '/dev/sda1', owner: '792107900819' },
  { names: /alma/i, login: 'ec2-user', root: '/dev/sda1', owner: '764336703387' },
  { names: /fedora/i, login: 'fedora', root: '/dev/sda1', owner: '125523088429' },
  { names: /suse|sles/i, login: 'ec2-user', root: '/dev/sda1', owner: '013907871322' },
];

const DEFAULT_FAMILY: Family = {
  names: /^/,
  login: 'ec2-user',
  root: '/dev/sda1',
  owner: '137112412989',
  alias: 'amazon',
};
const PUBLIC_OWNERS = new Set([
  ...FAMILIES.map(one => one.owner),
  'amazon',
  'aws-marketplace',
  '679593333241',
  '379101102735',
]);
/** Creation date of every stand-in: repeatable, and older than anything baked. */
const CREATED_AT = Date.UTC(2024, 0, 15);
const DATE = '20240115';

/** The image of an id, or what stands in for it; undefined when neither is there. */
export function standInById(
  call: Call,
  id: string,
  owners: readonly string[] = [],
  filters: Filters = [],
): ImageRecord | undefined {
  const { world, state } = call;
  if (!world.standIns || !isWellFormedId('ami', id) || id.startsWith(NEVER_PREFIX)) return undefined;
  if (Object.hasOwn(state.images, id)) return undefined;
  // Ids that this store made, here or in another region, mean those images and nothing else.
  const isKnown = Object.values(world.store.state.regions).some(
    region => Object.hasOwn(region.goneImages, id) || region.images[id]?.standIn === false,
  );
  if (isKnown) return undefined;
  const owner = owners.find(isForeign);
  if (owners.length > 0 && owner === undefined) return undefined;
  const pattern = patternOf(filters);
  const image = make(id, pattern === undefined ? `stand-in-for-${id}` : fill(pattern), owner, filters);
  return image.platform !== undefined && !world.hollow ? undefined : image;
}

/** What a search for a public image finds when the store has none that fits. */
export function standInBySearch(call: Call, owners: readonly string[], filters: Filters): ImageRecord | undefined {
  const owner = owners.find(one => isForeign(one) && one !== call.world.accountId);
  const pattern = patternOf(filters);
  if (!call.world.standIns || owner === undefined || pattern === undefined) return undefined;
  const name = fill(pattern);
  if (name === '' || (!PUBLIC_OWNERS.has(owner) && !familyOf(name, undefined))) return undefined;
  const digest = createHash('sha256').update(`${call.region} ${owner} ${pattern}`).digest('hex');
  const image = make(`ami-0${digest.slice(0, 16)}`, name, owner, filters);
  return image.platform !== undefined && !call.world.hollow ? undefined : image;
}

/** Keeps a stand-in that was handed out, so that it can be launched, and tells the user. */
export function admitStandIn(call: Call, image: ImageRecord): ImageRecord {
  const known = call.state.images[image.id];
  if (known) return known;
  call.state.images[image.id] = image;
  tellStandIn(call, image);
  call.world.touch();
  return image;
}

/** Tells the user, once per run, what stands in for an image: also when an earlier run made it known to the store. */
export function tellStandIn(call: Call, image: ImageRecord): void {
  const what = image.name.startsWith('stand-in-for-') ? image.id : `"${image.name}" (${image.id})`;
  const by = call.world.hollow ? 'an empty image' : "this machine's own system";
  call.world.notice(`${what} is not in the local store: ${by} stands in for it`);
}

function isForeign(owner: string): boolean {
  return owner !== 'self';
}

function patternOf(filters: Filters): string | undefined {
  return filters.find(one => one.Name === 'name')?.Value[0];
}

function familyOf(name: string, owner: string | undefined): Family | undefined {
  return FAMILIES.find(one => one.names.test(name)) ?? FAMILIES.find(one => one.owner === owner);
}

/** A name that fits the pattern: the last `*` becomes a date, as publishers write them there. */
function fill(pattern: string): string {
  const last = pattern.lastIndexOf('*');
  let name = '';
  for (let index = 0; index < pattern.length; index++) {
    const one = pattern[index] ?? '';
    if (one === '\\') name += pattern[++index] ?? '';
    else if (one === '?') name += '0';
    else if (one !== '*') name += one;
    else if (index === last) name += DATE;
    else if (name.endsWith('images/')) name += 'hvm-ssd/';
  }
  return name.slice(0, 128);
}

function make(id: string, name: string, owner: string | undefined, filters: Filters): ImageRecord {
  const family = familyOf(name, owner) ?? DEFAULT_FAMILY;
  const wanted = (filter: string): string | undefined =>
    filters.find(one => one.Name === filter)?.Value.find(value => !/[*?]/.test(value));
  const architecture = wanted('architecture') ?? (/arm64|aarch64/i.test(name) ? 'arm64' : 'x86_64');
  const numeric = owner !== undefined && /^\d{12}$/.test(owner) ? owner : undefined;
  const alias = owner !== undefined && numeric === undefined ? owner : numeric === undefined ? family.alias : undefined;
  const root = wanted('root-device-name') ?? family.root;
  return {
    id,
    tags: {},
    createdAt: CREATED_AT,
    state: 'available',
    name,
    description: wanted('description') ?? name,
    location: `${alias ?? numeric ?? family.owner}/${name}`,
    ownerId: numeric ?? wanted('owner-id') ?? family.owner,
    ...(alias !== undefined && { ownerAlias: alias }),
    architecture,
    ...(family.windows && { platform: 'windows' }),
    rootDeviceName: root,
    rootDeviceType: 'ebs',
    virtualizationType: 'hvm',
    mappings: [
      {
        device: root,
        ebs: {
          snapshotId: `snap-0${createHash('sha256').update(id).digest('hex').slice(0, 16)}`,
          size: 8,
          type: wanted('block-device-mapping.volume-type') ?? 'gp2',
          deleteOnTermination: true,
          encrypted: false,
        },
      },
    ],
    permissions: [{ kind: 'group', value: 'all' }],
    productCodes: [],
    enaSupport: true,
    sriovNetSupport: 'simple',
    protection: 'disabled',
    loginUser: family.login,
    standIn: true,
    imported: false,
  };
}

/** Layers below a stand-in's root volume. */
export const STAND_IN_LAYERS = [HOST_LAYER];
