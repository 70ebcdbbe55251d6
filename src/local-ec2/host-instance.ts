/** This host as an EC2 instance: for builds that work on the instance they run on (amazon-chroot). */
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { zonesOf } from './regions.ts';
import type { Outgoing } from './services/dispatch.ts';
import { newId } from './store/ids.ts';
import type { InstanceRecord } from './store/model.ts';
import type { World } from './world.ts';

const TYPE = 'm5.large';
/** Its system came from no image of the store. */
const NO_IMAGE = 'ami-00000000000000000';

/**
 * What the instance metadata service answers: a token, and the instance identity document (EC2 user guide). From the
 * first question on, this host is an instance in every region. Undefined: not a path of that service.
 */
export function answerMetadata(world: World, method: string, path: string): Outgoing | undefined {
  if (!path.startsWith('/latest/')) return undefined;
  const reply = (status: number, contentType: string, body: string): Outgoing => ({
    status,
    contentType,
    body,
    requestId: randomUUID(),
  });
  if (method === 'PUT' && path === '/latest/api/token') return reply(200, 'text/plain', 'local');
  if (method === 'GET' && path === '/latest/dynamic/instance-identity/document')
    return reply(200, 'text/plain', JSON.stringify(identity(world), null, 2));
  return reply(404, 'text/plain', '');
}

function identity(world: World): Record<string, string> {
  for (const region of world.regionNames) playHost(world, region);
  const region = world.defaultRegion;
  const instance = playHost(world, region);
  return {
    accountId: world.accountId,
    architecture: instance.architecture,
    availabilityZone: instance.zone,
    imageId: instance.imageId,
    instanceId: instance.id,
    instanceType: instance.type,
    pendingTime: new Date(instance.launchedAt).toISOString(),
    privateIp: instance.address,
    region,
    version: '2017-09-30',
  };
}

/** The host's instance in a region, made at the first question. */
function playHost(world: World, region: string): InstanceRecord {
  const state = world.region(region);
  const digits = createHash('sha256').update(`${world.accountId} ${hostname()}`).digest('hex').slice(0, 16);
  const id = `i-0${digits}`;
  const known = state.instances[id];
  if (known) return known;
  const zone = zonesOf(region)[0]?.name ?? `${region}a`;
  const subnet = Object.values(state.subnets).find(one => one.zone === zone);
  const now = world.now();
  const instance: InstanceRecord = {
    id,
    host: true,
    tags: { Name: hostname() },
    createdAt: now,
    state: 'running',
    transitionReason: '',
    imageId: NO_IMAGE,
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    loginUser: 'root',
    productCodes: [],
    type: TYPE,
    zone,
    subnetId: subnet?.id ?? '',
    vpcId: subnet?.vpcId ?? '',
    groupIds: [],
    address: '127.0.0.1',
    publicAddress: false,
    mac: '0a:00:00:00:00:01',
    reservationId: newId('r'),
    launchIndex: 0,
    launchedAt: now,
    shutdownBehavior: 'stop',
    rootDeviceName: '/dev/sda1',
    disks: [],
    eniId: newId('eni'),
    eniTags: {},
    ebsOptimized: false,
    enaSupport: true,
    disableApiTermination: true,
    disableApiStop: true,
    sourceDestCheck: true,
    monitoring: false,
    enclave: false,
    hibernation: false,
    metadata: {
      httpTokens: 'optional',
      httpPutResponseHopLimit: 1,
      httpEndpoint: 'enabled',
      httpProtocolIpv6: 'disabled',
      instanceMetadataTags: 'disabled',
    },
    tenancy: 'default',
    licenses: [],
    hostKeys: [],
  };
  state.instances[id] = instance;
  world.touch();
  return instance;
}
