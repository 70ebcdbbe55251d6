/** The embedded EC2: an EC2-compatible endpoint on loopback whose instances are real machines. */

import { describeFileError, KilnError, systemCode } from '../sdk/errors.ts';
import { answerMetadata } from './host-instance.ts';
import * as images from './local-images.ts';
import type { Machines } from './machines/contract.ts';
import type { ImportImageOptions, LocalEc2, LocalEc2Options, LocalImage } from './options.ts';
import { publish } from './published.ts';
import { recover } from './recover.ts';
import { Runtime } from './runtime.ts';
import { serve } from './server.ts';
import { authenticate } from './services/authenticate.ts';
import { CallLog } from './services/call-log.ts';
import { Dispatcher } from './services/dispatch.ts';
import { Sessions } from './services/sessions.ts';
import { snapshotState } from './snapshot-state.ts';
import { loadCredentials } from './store/credentials.ts';
import { Store } from './store/store.ts';
import { World } from './world.ts';

export type { Machines } from './machines/contract.ts';
export type * from './options.ts';
export { findRunningLocalEc2, type RunningLocalEc2 } from './published.ts';
export { EC2_LIKE, INSTANT, type Timing } from './timing.ts';

/** Starts an embedded EC2. Throws a KilnError: store in use or damaged, port taken, no rights for machines. */
export async function startLocalEc2(options: LocalEc2Options): Promise<LocalEc2> {
  try {
    return await start(options);
  } catch (error) {
    if (error instanceof KilnError || systemCode(error) === undefined) throw error;
    throw new KilnError(`the embedded EC2 could not be started: ${describeFileError(options.storeDir, error)}`, {
      cause: error,
      hint: 'its folder is kiln/local-ec2 in $XDG_DATA_HOME, which is ~/.local/share unless you set it',
    });
  }
}

async function start(options: LocalEc2Options): Promise<LocalEc2> {
  const opened = await openStore(options);
  const { world, runtime, store } = opened;
  try {
    const credentials = await loadCredentials(store.dir);
    const sessions = new Sessions();
    const log = new CallLog();
    const dispatcher = new Dispatcher(world, runtime, sessions, log, options.onCall);
    const server = await serve(
      {
        now: () => world.now(),
        authenticate: request => authenticate(request, credentials, sessions, world.regionNames, world.now()),
        answer: request => dispatcher.answer(request),
        metadata: (method, path) => answerMetadata(world, method, path),
      },
      options.port ?? 0,
    );
    const withdraw = options.published ? await publish(store.dir, server.endpoint, world.defaultRegion) : undefined;
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await withdraw?.();
      await server.close();
      await opened.close();
    };
    return {
      endpoint: server.endpoint,
      credentials,
      region: world.defaultRegion,
      accountId: world.accountId,
      calls: log.calls,
      state: () => snapshotState(world),
      importImage: request => images.importImage(world, request),
      listImages: () => images.listImages(world),
      removeImage: id => images.removeImage(world, runtime, id),
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Imports a root file system into a store that nothing serves now; gives the image's id. Throws a KilnError. */
export async function importImage(
  options: ImportImageOptions & Pick<LocalEc2Options, 'storeDir' | 'onNotice'>,
): Promise<string> {
  return withStore(options, async ({ world }) => (await images.importImage(world, options)).imageId);
}

/** The images of a store, without stand-ins, oldest first. Works beside a running endpoint. */
export async function listImages(storeDir: string): Promise<readonly LocalImage[]> {
  const state = await Store.peek(storeDir);
  const { createHollowMachines } = await import('./machines/none.ts');
  return images.listImages(new World(state, createHollowMachines(), { storeDir }));
}

/** Deregisters an image in a store that nothing serves now, and deletes its files. Throws a KilnError. */
export async function removeImage(storeDir: string, imageId: string): Promise<void> {
  await withStore({ storeDir }, ({ world, runtime }) => images.removeImage(world, runtime, imageId));
}

interface OpenedStore {
  readonly store: Store;
  readonly world: World;
  readonly runtime: Runtime;
  close(): Promise<void>;
}

async function withStore<T>(options: LocalEc2Options, body: (opened: OpenedStore) => Promise<T>): Promise<T> {
  const opened = await openStore(options);
  try {
    return await body(opened);
  } finally {
    await opened.close();
  }
}

async function openStore(options: LocalEc2Options): Promise<OpenedStore> {
  const store = await Store.open(options.storeDir);
  let machines: Machines | undefined;
  try {
    machines = await machinesOf(options);
    await machines.checkHost();
    const world = new World(store, machines, options);
    const runtime = new Runtime(world);
    await recover(world, runtime);
    world.region(world.defaultRegion);
    return {
      store,
      world,
      runtime,
      close: async () => {
        await runtime.close();
        world.close();
        await store.close();
      },
    };
  } catch (error) {
    await machines?.close();
    await store.close();
    throw error;
  }
}

async function machinesOf(options: LocalEc2Options): Promise<Machines> {
  const { machines = 'namespaces', storeDir, onNotice } = options;
  if (typeof machines === 'object') return machines;
  if (machines === 'none') return (await import('./machines/none.ts')).createHollowMachines();
  const { createNamespaceMachines } = await import('./machines/index.ts');
  return createNamespaceMachines({ dataDir: `${storeDir}/machines`, ...(onNotice && { onNotice }) });
}
