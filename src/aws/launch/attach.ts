import { KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned, ResourceKind, UndoResource } from '../../sdk/resources.ts';
import { createAws, type Ec2 } from '../client/index.ts';
import type { Ec2Machine } from '../machine.ts';
import { isKind } from '../policy/aws-error.ts';
import type { Instance } from '../types.ts';
import { undoWith } from '../undo.ts';
import { ec2Machine, type MachineParts } from './launched-machine.ts';
import { needsTunnel, openTunnel } from './session-manager.ts';
import type { LaunchSettings } from './settings.ts';
import type { SourceImage } from './source-image.ts';

/** What another process needs to take over a launched instance: plain texts, the private key among them. */
export interface InstanceAttachment {
  readonly instance: string;
  readonly region: string;
  /** The source image, as JSON: it may be gone when the build goes on. */
  readonly source: string;
  /** Tags of the temporary resources, as JSON. */
  readonly runTags: string;
  readonly spot?: 'true';
  readonly privateKey?: string;
  readonly keyName?: string;
  readonly password?: string;
}

/** The attachment of a machine; it is what the ledger's neighbour file keeps. */
export function attachmentOf(parts: MachineParts): Readonly<Record<string, string>> {
  const attachment: InstanceAttachment = {
    instance: parts.owned.value,
    region: parts.ec2.region,
    source: JSON.stringify(parts.source),
    runTags: JSON.stringify(parts.runTags),
    ...(parts.spot && { spot: 'true' }),
    ...(parts.privateKey && { privateKey: parts.privateKey }),
    ...(parts.temporaryKeyName && { keyName: parts.temporaryKeyName }),
    ...(parts.password && { password: parts.password }),
  };
  return { ...attachment };
}

/** What goes after the instance. */
const BESIDE: ReadonlySet<ResourceKind> = new Set<ResourceKind>([
  'ec2:launch-template',
  'iam:role-in-profile',
  'iam:role-policy',
  'iam:role',
  'iam:instance-profile',
  'ec2:security-group',
  'ec2:key-pair',
]);

/** Takes over an instance that an earlier process launched and kept. Throws KilnError when it is gone. */
export async function attachInstance(
  run: RunContext,
  settings: LaunchSettings,
  given: Readonly<Record<string, string>>,
): Promise<Ec2Machine> {
  const attachment = given as unknown as InstanceAttachment;
  const { instance: id, region } = attachment;
  const aws = await createAws(
    { ...settings.access, region },
    { local: run.build.local, secret: value => run.secret(value) },
  );
  const ec2 = aws.ec2();
  const instance = await living(ec2, id, run.signal);
  const adopted = run.resources.adopted ?? [];
  const owned = adopted.find(one => one.ref.id === id);
  if (!owned) throw new KilnError(`the ledger of run ${run.resources.runId} does not know instance ${id}`);
  for (const secret of [attachment.privateKey, attachment.password]) if (secret) run.secret(secret);
  run.ui.say(`Going on with instance ${id} (${instance.State?.Name}) in ${region}`);
  const { communicator } = settings;
  const tunnel = needsTunnel(run, communicator)
    ? await openTunnel(run, aws, id, communicator.ssh_port ?? 22, communicator)
    : undefined;
  const machine = ec2Machine({
    aws,
    ec2,
    source: JSON.parse(attachment.source) as SourceImage,
    spot: attachment.spot === 'true',
    instance,
    owned,
    others: [...adopted].reverse().filter(one => BESIDE.has(one.ref.kind)) as Owned<unknown>[],
    runTags: JSON.parse(attachment.runTags) as Record<string, string>,
    privateKey: attachment.privateKey,
    temporaryKeyName: attachment.keyName,
    password: attachment.password,
    tunnelPort: tunnel?.port,
    settings,
    finished: new Set(),
    local: run.build.local,
  });
  if (!tunnel) return machine;
  return {
    ...machine,
    releaseSoon() {
      void tunnel.close().then(() => machine.releaseSoon());
    },
  };
}

/** Undoes what an earlier process launched, in the account that the template names. */
export function undoLaunched(settings: LaunchSettings, local: boolean): UndoResource {
  return async (ref, signal) => {
    const { region } = ref.account;
    const aws = await createAws({ ...settings.access, region }, { local, secret: () => {} });
    await undoWith(aws)(ref, signal);
  };
}

async function living(ec2: Ec2, id: string, signal: AbortSignal): Promise<Instance> {
  const gone = new KilnError(`instance ${id} in ${ec2.region} is gone, so there is nothing to go on with`, {
    hint: 'bake anew; "kiln gc" removes what else the run left. A kept instance ends itself after max_build_time',
    code: 'instance-gone',
  });
  let found: Instance | undefined;
  try {
    const { Reservations = [] } = await ec2.describeInstances({ InstanceIds: [id] }, signal);
    found = Reservations[0]?.Instances?.[0];
  } catch (error) {
    if (!isKind(error, 'not-found')) throw error;
  }
  const state = found?.State?.Name;
  if (!found || state === 'terminated' || state === 'shutting-down') throw gone;
  return found;
}
