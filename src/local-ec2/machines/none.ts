import { stat } from 'node:fs/promises';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import type { DiskImage, Disks, MachineSpec, Machines, RunningMachine } from './contract.ts';

/** Machines that run nothing: instances have states, keys and a console, but no system behind them. For API-only servers. */
export function createHollowMachines(): Machines {
  let layers = 0;
  const newLayer = (): string => `hollow-${Date.now().toString(36)}-${(++layers).toString(36)}`;
  return {
    disks: hollowDisks(newLayer),
    async checkHost() {},
    start: async spec => startHollow(spec),
    async freeze() {
      return { layer: newLayer(), bytes: 0 };
    },
    async deleteVolume() {},
    async deleteLayer() {},
    async importLayer(source) {
      try {
        const found = await stat(source);
        return { layer: newLayer(), bytes: found.isFile() ? found.size : 0 };
      } catch (error) {
        throw new KilnError(`the root file system cannot be imported: ${describeFileError(source, error)}`, {
          cause: error,
        });
      }
    },
    async sweep() {},
    async close() {},
  };
}

/** Disks of machines that run nothing: names without content. */
export function hollowDisks(newLayer: () => string): Disks {
  const image = async (): Promise<DiskImage> => ({ imageFile: `${newLayer()}.img`, bytes: 0 });
  return {
    async attach() {},
    async detach() {},
    async attachToHost() {},
    async detachFromHost() {},
    freeze: image,
    unpack: async () => ({ layer: newLayer(), bytes: 0 }),
    pack: image,
    async deleteImage() {},
  };
}

async function startHollow(spec: MachineSpec): Promise<RunningMachine> {
  const { generateHostKey } = await import('../keys.ts');
  const hostKey = await generateHostKey(spec.hostname, spec.rootVolumeId);
  const text = [
    `[    0.000000] ${spec.hostname}: no system runs here (machines: none)`,
    'ci-info: no authorized SSH keys fingerprints found for user root.',
    '-----BEGIN SSH HOST KEY KEYS-----',
    hostKey,
    '-----END SSH HOST KEY KEYS-----',
    '',
  ].join('\n');
  return {
    instanceId: spec.instanceId,
    sshPort: 22,
    hostKeys: [hostKey],
    ended: new Promise(() => {}),
    consoleOutput: async () => text,
    async stop() {},
  };
}
