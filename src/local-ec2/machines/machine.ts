import { lstat, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import { createCgroup, removeCgroup } from './cgroup.ts';
import { MachineConsole } from './console.ts';
import { type DiskSpec, HOST_LAYER, type LayerId, type MachineSpec, type RunningMachine } from './contract.ts';
import { type AttachedDisk, DiskShelf } from './disks.ts';
import { addDeviceNode, removeDeviceNode } from './guest/device-nodes.ts';
import { Entrance } from './guest/enter.ts';
import { GuestFiles } from './guest/files.ts';
import { hostKeys } from './guest/host-keys.ts';
import { PipePool } from './guest/pipes.ts';
import { findSystemd, finishCloudRecord, installPowerPrograms, prepareFiles } from './guest/prepare.ts';
import { runUserData, storeUserData } from './guest/user-data.ts';
import { type LaunchPlan, launch, type TreePart } from './launch.ts';
import { Life } from './life.ts';
import { loginGuest } from './login.ts';
import type { StorePaths } from './paths.ts';
import { processRef } from './processes.ts';
import { ownProcess, writeRecord } from './records.ts';
import { startSshServer } from './ssh/server.ts';
import type { StandIn } from './stand-in.ts';
import { copyAttributes, makeFolder, removeTree } from './system.ts';
import { Undo } from './undo.ts';
import { partName } from './volumes.ts';

/** What all machines of a store share, made once. */
export interface Shared {
  readonly paths: StorePaths;
  readonly toolbox: string;
  readonly skeleton: string;
  /** This host's tree as a base. */
  standIn(): Promise<StandIn>;
  notice(text: string): void;
}

const SSH_PORT = 22;

/** A machine of namespaces, whose disks can come and go. */
export interface NamespaceMachine extends RunningMachine {
  attachDisk(disk: DiskSpec): Promise<void>;
  /** Resolves when nothing uses the disk any more. */
  detachDisk(volumeId: string): Promise<void>;
  /** What file systems on the disk still hold back is written; false when it is not attached here. */
  flushDisk(volumeId: string): Promise<boolean>;
}

/** Starts a machine on its volume; resolves when SSH answers. @param chain the layers under the volume, lowest first */
export async function startMachine(
  shared: Shared,
  spec: MachineSpec,
  chain: readonly LayerId[],
): Promise<NamespaceMachine> {
  const undo = new Undo();
  try {
    return await start(shared, spec, chain, undo);
  } catch (error) {
    await undo.run(shared.notice);
    if (error instanceof KilnError) throw error;
    throw new KilnError(`the machine ${spec.instanceId} could not be started: ${messageOf(error)}`, { cause: error });
  }
}

async function start(
  shared: Shared,
  spec: MachineSpec,
  chain: readonly LayerId[],
  undo: Undo,
): Promise<NamespaceMachine> {
  const log = new MachineConsole();
  const notice = (text: string): void => {
    log.say(text);
    shared.notice(`machine ${spec.instanceId}: ${text}`);
  };

  // What a later kiln needs to clean up after us is written down before there is anything to clean up.
  const folder = shared.paths.run(spec.instanceId);
  await mkdir(join(folder, 'root'), { recursive: true, mode: 0o700 });
  undo.add(() => removeTree(folder));
  const cgroup = await createCgroup(spec.instanceId);
  if (cgroup !== undefined) undo.add(() => removeCgroup(cgroup));
  const record = { owner: await ownProcess(), ...(cgroup !== undefined && { cgroup }) };
  await writeRecord(folder, record);
  const pipes = new PipePool(folder);
  const pipesReady = pipes.fill();
  pipesReady.catch(() => {});

  const shelf = new DiskShelf(shared.paths);
  undo.add(() => shelf.releaseAll());
  for (const disk of spec.disks) await shelf.put(disk);
  const launched = await launch(await planLaunch(shared, spec, chain, cgroup, shelf.disks));
  const life = new Life(launched, await processRef(launched.initPid));
  undo.add(() => life.end());
  const keeper = await processRef(launched.keeper.pid);
  await writeRecord(folder, { ...record, ...(keeper && { keeper }) });

  const files = await GuestFiles.open(`/proc/${launched.initPid}/root`);
  undo.add(() => files.close());
  log.say(`${spec.hostname} starts on ${chain.length} layer${chain.length === 1 ? '' : 's'}`);
  await prepareFiles(files, spec, notice);
  const keys = await hostKeys(files, spec.hostname, spec.firstBoot);
  const userData = spec.userData && (await storeUserData(files, spec.userData, spec.firstBoot, notice));
  const systemd = cgroup === undefined ? undefined : await findSystemd(files);
  if (systemd === undefined) await installPowerPrograms(files);
  await pipesReady;
  const entrance = await Entrance.open(launched.initPid, pipes, cgroup);
  undo.add(() => entrance.close());
  await life.watch(files, systemd !== undefined);
  undo.add(() => life.unwatch());

  launched.begin(systemd);
  log.say(systemd === undefined ? 'init is a small one of kiln: no systemd here' : `init is ${systemd}`);
  log.announce(keys, spec.hostname);
  const guest = loginGuest({ spec, files, entrance, life, systemd: systemd !== undefined, notice });
  const server = await startSshServer(guest, {
    address: spec.address,
    port: SSH_PORT,
    hostKeys: keys,
    onNotice: notice,
  });
  undo.add(() => server.close());
  log.say(`SSH answers on ${spec.address} port ${server.port}`);

  const finishBoot = async (): Promise<void> => {
    await guest.settled();
    if (userData !== undefined) await runUserData(files, command => entrance.run(command), userData, log);
    await finishCloudRecord(files);
  };
  // A machine that goes down meanwhile takes its user data along.
  finishBoot().catch(() => {});

  const ended = life.over.then(async () => {
    const how = await life.how();
    log.say(
      how === 'died'
        ? `init ended unasked: ${launched.errors().trim() || 'no reason given'}`
        : `the machine went down: ${how}`,
    );
    await undo.run(shared.notice);
    return how;
  });
  return {
    instanceId: spec.instanceId,
    sshPort: server.port,
    hostKeys: keys.map(key => key.publicLine),
    ended,
    consoleOutput: async () => log.text(),
    attachDisk: async disk => {
      const attached = await shelf.put(disk);
      try {
        await addDeviceNode({ entrance, pid: launched.initPid }, attached);
      } catch (error) {
        await shelf.release(disk.volumeId);
        throw error;
      }
    },
    detachDisk: async volumeId => {
      const attached = shelf.find(volumeId);
      if (attached) await removeDeviceNode({ entrance, pid: launched.initPid }, attached);
      await shelf.release(volumeId);
    },
    flushDisk: volumeId => shelf.flush(volumeId),
    stop: async grace => {
      await life.stop(grace);
      await ended;
    },
  };
}

async function planLaunch(
  shared: Shared,
  spec: MachineSpec,
  chain: readonly LayerId[],
  cgroup: string | undefined,
  disks: readonly AttachedDisk[],
): Promise<LaunchPlan> {
  const onHost = chain[0] === HOST_LAYER;
  const own = chain.filter(layer => layer !== HOST_LAYER).map(layer => `layers/${layer}`);
  const above = [...own].reverse();
  const standIn = onHost ? await shared.standIn() : undefined;
  const run = `run/${spec.instanceId}`;
  const volume = `volumes/${spec.rootVolumeId}`;
  const parts: TreePart[] = [];
  // One after the other: outer parts come first.
  for (const at of standIn?.parts ?? [])
    parts.push(await planPart(shared, at, { run, volume, layers: [...above, ...(standIn?.layers ?? [])] }));
  return {
    store: shared.paths.root,
    run,
    volume,
    lower: [...above, ...(standIn?.layers.slice(0, 1) ?? [])].join(':'),
    parts,
    hostname: spec.hostname,
    toolbox: shared.toolbox,
    skeleton: shared.skeleton,
    cgroup,
    disks: disks.map(({ name, loop }) => ({ name, loop })),
  };
}

/** A folder of the host's tree, over it the same folder of each layer. Its writable part becomes the layer's folder when frozen. */
async function planPart(
  shared: Shared,
  at: string,
  from: { readonly run: string; readonly volume: string; readonly layers: readonly string[] },
): Promise<TreePart> {
  const { root } = shared.paths;
  const lower: string[] = [];
  for (const layer of from.layers) {
    const folder = `${layer}/${at}`;
    const stats = await lstat(resolve(root, folder)).catch(() => undefined);
    if (stats?.isDirectory()) lower.push(folder);
  }
  const wrap = root.startsWith(`/${at}/`) ? `${from.run}/wrap-${partName(at)}` : undefined;
  if (wrap === undefined) lower.push(`/${at}`);
  else await mkdir(join(root, wrap), { recursive: true });
  const upper = `${from.volume}/parts/${partName(at)}`;
  const work = `${from.volume}/work-${partName(at)}`;
  const like = await stat(`/${at}`);
  // A second start finds it as the first left it.
  if (await makeFolder(join(root, upper))) await copyAttributes(join(root, upper), like);
  await removeTree(join(root, work));
  await mkdir(join(root, work));
  return { at, lower: lower.join(':'), upper, work, wrap };
}
