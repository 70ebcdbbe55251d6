/** Images from the user's side: importing root file systems, listing, removing. */
import { KilnError } from '../sdk/errors.ts';
import type { ImportImageOptions, LocalImage } from './options.ts';
import type { Runtime } from './runtime.ts';
import { newId } from './store/ids.ts';
import type { ImageRecord, SnapshotRecord } from './store/model.ts';
import type { World } from './world.ts';

/** Account ids behind the aliases that templates use as owners. */
const ALIASES: Readonly<Record<string, string>> = { amazon: '137112412989', 'aws-marketplace': '679593333241' };

/** Login names by image name, when the user does not say. */
const LOGINS: readonly [RegExp, string][] = [
  [/ubuntu/i, 'ubuntu'],
  [/debian/i, 'admin'],
  [/centos/i, 'centos'],
  [/rocky/i, 'rocky'],
  [/fedora/i, 'fedora'],
];

export async function importImage(world: World, options: ImportImageOptions): Promise<LocalImage> {
  const { name, source, owner = 'self' } = options;
  if (!/^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/.test(name))
    throw new KilnError(`"${name}" cannot be the name of an image`, {
      hint: "use 3 to 128 of the characters A-Z a-z 0-9 ( ) [ ] space . / - ' @ _",
    });
  if (owner !== 'self' && !/^\d{12}$/.test(owner) && !Object.hasOwn(ALIASES, owner))
    throw new KilnError(`"${owner}" cannot be the owner of an image`, {
      hint: 'use self, amazon, aws-marketplace or a 12-digit account id',
    });
  const ownerId = owner === 'self' ? world.accountId : (ALIASES[owner] ?? owner);
  const home = world.region(world.defaultRegion);
  const taken = Object.values(home.images).find(one => one.ownerId === ownerId && one.name === name);
  if (taken)
    throw new KilnError(`the store already has an image named "${name}" of that owner: ${taken.id}`, {
      hint: `choose another name, or remove it first with "kiln local rm ${taken.id}"`,
    });
  const { layer, bytes } = await world.machines.importLayer(source, options.signal ?? new AbortController().signal);
  const at = world.now();
  const alias = Object.hasOwn(ALIASES, owner) ? { ownerAlias: owner } : {};
  const loginUser = options.loginUser ?? LOGINS.find(([pattern]) => pattern.test(name))?.[1] ?? 'ec2-user';
  const rootDeviceName = options.rootDeviceName ?? '/dev/sda1';
  const size = Math.max(8, Math.ceil((bytes * 1.2) / 2 ** 30));
  const snapshot: SnapshotRecord = {
    id: newId('snap'),
    tags: {},
    createdAt: at,
    state: 'completed',
    volumeId: 'vol-ffffffff',
    size,
    description: `Imported as ${name}`,
    encrypted: false,
    ownerId,
    ...alias,
    readyAt: at,
    sharedWith: [],
    public: ownerId !== world.accountId,
    imported: true,
    loginUser,
    content: { layers: [layer] },
  };
  const image: ImageRecord = {
    id: newId('ami'),
    tags: {},
    createdAt: at,
    state: 'available',
    name,
    description: options.description ?? `Imported root file system ${name}`,
    location: `${owner === 'self' ? ownerId : owner}/${name}`,
    ownerId,
    ...alias,
    architecture: options.architecture ?? (process.arch === 'arm64' ? 'arm64' : 'x86_64'),
    rootDeviceName,
    rootDeviceType: 'ebs',
    virtualizationType: 'hvm',
    mappings: [
      {
        device: rootDeviceName,
        ebs: { snapshotId: snapshot.id, size, type: 'gp2', deleteOnTermination: true, encrypted: false },
      },
    ],
    permissions: ownerId === world.accountId ? [] : [{ kind: 'group', value: 'all' }],
    productCodes: [],
    enaSupport: true,
    sriovNetSupport: 'simple',
    protection: 'disabled',
    loginUser,
    standIn: false,
    imported: true,
  };
  world.store.state.layers[layer] = bytes;
  // Every region has it, those that are not furnished yet by World.region().
  for (const region of Object.values(world.store.state.regions)) {
    region.snapshots[snapshot.id] = structuredClone(snapshot);
    region.images[image.id] = structuredClone(image);
  }
  world.touch();
  await world.store.flush();
  return localImage(world, world.defaultRegion, image);
}

export function listImages(world: World): readonly LocalImage[] {
  const found: LocalImage[] = [];
  const seen = new Set<string>();
  for (const [region, state] of Object.entries(world.store.state.regions)) {
    for (const image of Object.values(state.images)) {
      if (image.standIn || seen.has(image.id)) continue;
      if (image.imported) seen.add(image.id);
      found.push(localImage(world, image.imported ? world.defaultRegion : region, image));
    }
  }
  return found.sort((a, b) => (a.creationDate < b.creationDate ? -1 : 1));
}

function localImage(world: World, region: string, image: ImageRecord): LocalImage {
  const state = world.region(region);
  const root = image.mappings.find(one => one.device === image.rootDeviceName)?.ebs?.snapshotId;
  const layers = (root === undefined ? undefined : state.snapshots[root]?.content.layers) ?? [];
  return {
    imageId: image.id,
    region,
    name: image.name,
    description: image.description ?? '',
    state: image.state,
    owner: image.ownerId === world.accountId ? 'self' : (image.ownerAlias ?? image.ownerId),
    creationDate: new Date(image.createdAt).toISOString(),
    bytes: layers.reduce((sum, layer) => sum + (world.store.state.layers[layer] ?? 0), 0),
    layers,
    loginUser: image.loginUser,
    tags: { ...image.tags },
  };
}

export async function removeImage(world: World, runtime: Runtime, imageId: string): Promise<void> {
  let found = false;
  for (const region of Object.values(world.store.state.regions)) {
    const image = Object.hasOwn(region.images, imageId) ? region.images[imageId] : undefined;
    if (!image) continue;
    const user = Object.values(region.instances).find(one => one.imageId === imageId && one.state !== 'terminated');
    if (user)
      throw new KilnError(`image ${imageId} is in use by instance ${user.id}`, {
        hint: 'terminate the instance first',
      });
    found = true;
    delete region.images[imageId];
    region.goneImages[imageId] = world.now();
    for (const { ebs } of image.mappings) {
      const id = ebs?.snapshotId;
      if (id === undefined) continue;
      const shared = Object.values(region.images).some(one => one.mappings.some(other => other.ebs?.snapshotId === id));
      if (!shared) delete region.snapshots[id];
    }
  }
  if (!found) throw new KilnError(`the local store has no image ${imageId}`, { hint: 'see "kiln local images"' });
  world.touch();
  await runtime.collectLayers();
  await world.store.flush();
}
