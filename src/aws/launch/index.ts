import type { RunContext } from '../../sdk/plugin.ts';
import { type Aws, createAws } from '../client/index.ts';
import type { Ec2Machine } from '../machine.ts';
import { isSpot } from '../rules/run.ts';
import { renderTags } from '../tags.ts';
import { armDeadManSwitch } from './dead-man.ts';
import { type Attachments, launchOnDemand, markKeptVolumes } from './instance.ts';
import { prepareInstanceProfile } from './instance-profile.ts';
import { prepareKeyPair } from './key-pair.ts';
import { ec2Machine } from './launched-machine.ts';
import { findNetwork } from './network.ts';
import { windowsPassword } from './password.ts';
import { preValidate } from './pre-validate.ts';
import type { LaunchParts } from './request.ts';
import { prepareSecurityGroups } from './security-group.ts';
import { checkPlugin, needsTunnel, openTunnel, type Tunnel } from './session-manager.ts';
import type { LaunchSettings } from './settings.ts';
import { settleAll } from './settle-all.ts';
import { checkSource } from './source-checks.ts';
import { findSourceImage, type SourceImage } from './source-image.ts';
import { launchSpot } from './spot.ts';
import { encodedUserData } from './user-data.ts';

/**
 * Launches the source instance: checks, temporary resources, launch, Windows password (reference:
 * ebs-build-sequence.md, steps 1 to 9). Steps that do not need one another run at once. All that is made is owned by
 * the build.
 */
export async function launchSourceInstance(run: RunContext, settings: LaunchSettings): Promise<Ec2Machine> {
  const aws = await createAws(settings.access, { local: run.build.local, secret: value => run.secret(value) });
  const ec2 = aws.ec2();
  const { run: options, communicator } = settings;
  if (needsTunnel(run, communicator)) await checkPlugin();

  const [, source, network, userData] = await settleAll(
    preValidate(run, aws, settings),
    findSource(run, aws, settings),
    findNetwork(run, ec2, options),
    encodedUserData(options),
  );
  const tags = renderAll(run, settings, source);
  const armed = armDeadManSwitch(userData, options, source.image, run.build.local);
  if (armed.unarmed) run.ui.say(`The instance does not end itself after max_build_time: ${armed.unarmed}.`);

  const [keyPair, groups, profile] = await settleAll(
    prepareKeyPair(run, aws, communicator, tags.run),
    prepareSecurityGroups(run, aws, { ...options, ...communicator }, network.vpcId, tags.run),
    prepareInstanceProfile(run, aws, options, tags.run),
  );
  run.signal.throwIfAborted();

  const parts: LaunchParts = {
    source,
    keyName: keyPair.name,
    profile: profile.name,
    groups: groups.ids,
    userData: armed.userData,
    shutdown: armed.shutdown,
    instanceTags: tags.run,
    volumeTags: tags.volume,
  };
  const spot = isSpot(options);
  const attachments: Attachments = { closers: [], finished: new Set() };
  const launched = spot
    ? await launchSpot(run, aws, settings, parts, network, tags, attachments)
    : await launchOnDemand(run, aws, settings, parts, network, attachments);
  await markKeptVolumes(run, aws, settings, launched.instance);
  const tunnel = await sessionTunnel(run, aws, settings, launched.owned.value);
  if (tunnel) attachments.closers.push(() => tunnel.close());

  const password = await administratorPassword(run, aws, settings, launched.owned.value, keyPair.privateKey);
  const others = [...launched.others, ...[...profile.owned].reverse(), groups.owned, keyPair.owned];
  return ec2Machine({
    aws,
    ec2,
    source,
    spot,
    instance: launched.instance,
    owned: launched.owned,
    others: others.filter(one => one !== undefined),
    runTags: tags.userRun,
    privateKey: keyPair.owned?.value,
    temporaryKeyName: keyPair.owned?.ref.name,
    password,
    tunnelPort: tunnel?.port,
    settings,
    finished: attachments.finished,
    local: run.build.local,
  });
}

async function findSource(run: RunContext, aws: Aws, settings: LaunchSettings): Promise<SourceImage> {
  const source = await findSourceImage(aws.ec2(), settings.run, run.signal);
  run.ui.say(`Found Image ID: ${source.id}`);
  checkSource(source, settings.image);
  return source;
}

interface RenderedTags {
  /** The template's run_tags alone; what the image inherits. */
  readonly userRun: Readonly<Record<string, string>>;
  readonly run: Readonly<Record<string, string>>;
  readonly volume: Readonly<Record<string, string>>;
  readonly spot: Readonly<Record<string, string>>;
  readonly fleet: Readonly<Record<string, string>>;
}

/** All tag maps with the source image's data filled in, and the run's own tags over them. */
function renderAll(run: RunContext, settings: LaunchSettings, source: SourceImage): RenderedTags {
  const own = run.resources.tags;
  const render = (tags: Readonly<Record<string, string>>) => renderTags(run, tags, source.renderData);
  const userRun = render(settings.runTags);
  return {
    userRun,
    run: { ...userRun, ...own },
    volume: { ...render(settings.volumeTags), ...own },
    spot: { ...render(settings.spotTags), ...own },
    fleet: { ...render(settings.fleetTags), ...own },
  };
}

async function sessionTunnel(
  run: RunContext,
  aws: Aws,
  { communicator }: LaunchSettings,
  instanceId: string,
): Promise<Tunnel | undefined> {
  if (!needsTunnel(run, communicator)) return undefined;
  return openTunnel(run, aws, instanceId, communicator.ssh_port ?? 22, communicator);
}

async function administratorPassword(
  run: RunContext,
  aws: Aws,
  { communicator, run: options }: LaunchSettings,
  instanceId: string,
  privateKey: string | undefined,
): Promise<string | undefined> {
  if (communicator.communicator !== 'winrm') return undefined;
  if (communicator.winrm_password) return communicator.winrm_password;
  return windowsPassword(run, aws.ec2(), instanceId, privateKey, options.windows_password_timeout);
}
