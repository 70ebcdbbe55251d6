import type { ConnectTarget } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws, Ec2 } from '../client/index.ts';
import { instanceNow } from '../instance-now.ts';
import type { Ec2Machine } from '../machine.ts';
import { sharedCalls } from '../shared-calls.ts';
import { tagMap } from '../tags.ts';
import type { Instance } from '../types.ts';
import { waitForInstance } from '../waits.ts';
import { addressOf, noAddress } from './address.ts';
import { attachmentOf } from './attach.ts';
import { consoleHostKeys } from './host-keys.ts';
import type { LaunchSettings } from './settings.ts';
import type { SourceImage } from './source-image.ts';

/** The embedded EC2 says so when an instance's SSH server is not on its usual port. */
const SSH_PORT_TAG = 'kiln:ssh-port';

export interface MachineParts {
  readonly aws: Aws;
  readonly ec2: Ec2;
  readonly source: SourceImage;
  readonly spot: boolean;
  readonly instance: Instance;
  readonly owned: Owned<string>;
  /** What goes after the instance, in this order. */
  readonly others: readonly Owned<unknown>[];
  readonly runTags: Readonly<Record<string, string>>;
  readonly privateKey: string | undefined;
  /** Name of the temporary key pair: the comment of its key in authorized_keys. */
  readonly temporaryKeyName: string | undefined;
  readonly password: string | undefined;
  /** Local end of a session manager tunnel. */
  readonly tunnelPort: number | undefined;
  readonly settings: LaunchSettings;
  /** Filled with the devices whose volumes stay when the instance goes. */
  readonly finished: Set<string>;
  readonly local: boolean;
}

/** The launched instance as the engine and the `ami` post-processor see it. */
export function ec2Machine(parts: MachineParts): Ec2Machine {
  const { ec2, source, owned, settings } = parts;
  const id = owned.value;
  const { communicator } = settings;
  let { instance } = parts;
  let looks = 0;
  let stopped: Promise<void> | undefined;

  const current = async (signal: AbortSignal): Promise<Instance> => {
    instance = await instanceNow(ec2, id, signal);
    return instance;
  };
  const host = async (signal: AbortSignal): Promise<string> => {
    const fixed = communicator.communicator === 'winrm' ? communicator.winrm_host : communicator.ssh_host;
    if (fixed) return fixed;
    if (parts.tunnelPort !== undefined) return 'localhost';
    looks++;
    const known = addressOf(instance, communicator.ssh_interface, looks);
    const found = known ?? addressOf(await current(signal), communicator.ssh_interface, looks);
    if (found) return found;
    throw noAddress(id, communicator.ssh_interface);
  };

  return {
    id,
    instanceId: id,
    aws: parts.aws,
    ec2,
    sourceImage: source,
    spot: parts.spot,
    renderData: source.renderData,
    runTags: parts.runTags,
    buildData: source.buildData,
    ...(parts.temporaryKeyName && { temporaryKeyName: parts.temporaryKeyName }),
    attachment: () => attachmentOf(parts),
    async target(signal): Promise<ConnectTarget> {
      return {
        host: await host(signal),
        port: portOf(parts, instance),
        ...(parts.privateKey && { privateKeys: [parts.privateKey] }),
        ...(parts.password && { password: parts.password }),
      };
    },
    announcedHostKeys: signal => consoleHostKeys(ec2, id, signal),
    stop(ui, signal) {
      stopped ??= stopInstance(parts, ui, signal);
      return stopped;
    },
    keepVolumes() {
      for (const device of settings.products ?? []) parts.finished.add(device);
    },
    releaseSoon() {
      // Security group, key pair and the rest can only go once the instance is gone.
      void owned.release().then(() => {
        for (const other of parts.others) other.releaseSoon();
      });
    },
  };
}

function portOf({ settings: { communicator }, local, tunnelPort }: MachineParts, instance: Instance): number {
  if (tunnelPort !== undefined) return tunnelPort;
  if (communicator.communicator === 'winrm')
    return communicator.winrm_port ?? (communicator.winrm_use_ssl ? 5986 : 5985);
  const announced = local ? Number(tagMap(instance.Tags)[SSH_PORT_TAG]) : Number.NaN;
  return Number.isInteger(announced) ? announced : (communicator.ssh_port ?? 22);
}

/** Stops the instance, or waits until it has stopped by itself (reference: step 15). Spot instances go on running. */
async function stopInstance(
  { spot, ec2, owned, settings }: MachineParts,
  ui: { say(text: string): void },
  signal: AbortSignal,
): Promise<void> {
  if (spot) return;
  const id = owned.value;
  if (settings.run.disable_stop_instance) {
    ui.say('Waiting for the instance to shut itself down, as disable_stop_instance asks...');
  } else {
    ui.say('Stopping the source instance...');
    await sharedCalls(ec2).stop(id, signal);
  }
  ui.say('Waiting for the instance to stop...');
  await waitForInstance(ec2, id, 'stopped', signal);
}
