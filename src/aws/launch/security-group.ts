import { isIP, isIPv4 } from 'node:net';
import { KilnError, messageOf } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws, Ec2 } from '../client/index.ts';
import type { Ec2CommunicatorOptions, RunOptions } from '../options/index.ts';
import { certainlyNotCreated, isKind } from '../policy/aws-error.ts';
import { createOnce } from '../policy/create-once.ts';
import { tagSpecs } from '../tags.ts';
import { undoSaying } from '../undo.ts';
import { timeOrderedUuid } from './names.ts';
import { filterList } from './source-image.ts';

/** The security groups of the instance. */
export interface SecurityGroups {
  readonly ids: readonly string[];
  readonly owned?: Owned<string>;
}

/** Tells the caller's public address (AWS's own service). */
const ADDRESS_SERVICE = 'https://checkip.amazonaws.com';

type Options = RunOptions & Ec2CommunicatorOptions;

/** The groups the options name or find, else a temporary one that admits the communicator (reference: step 5). */
export async function prepareSecurityGroups(
  run: RunContext,
  aws: Aws,
  options: Options,
  vpcId: string | undefined,
  tags: Readonly<Record<string, string>>,
): Promise<SecurityGroups> {
  const ec2 = aws.ec2();
  const given = options.security_group_ids?.length ? options.security_group_ids : options.security_group_id;
  if (given?.length) {
    const ids = typeof given === 'string' ? [given] : [...given];
    await ec2.describeSecurityGroups({ GroupIds: ids }, run.signal);
    run.ui.say(`Using security groups: ${ids.join(', ')}`);
    return { ids };
  }
  if (options.security_group_filter) return { ids: await groupsByFilter(run, ec2, options, vpcId) };
  return temporaryGroup(run, aws, options, vpcId, tags);
}

async function groupsByFilter(
  run: RunContext,
  ec2: Ec2,
  options: Options,
  vpcId: string | undefined,
): Promise<string[]> {
  const filters = [
    ...filterList(options.security_group_filter),
    ...(vpcId ? [{ Name: 'vpc-id', Values: [vpcId] }] : []),
  ];
  const { SecurityGroups: groups = [] } = await ec2.describeSecurityGroups({ Filters: filters }, run.signal);
  const ids = groups.flatMap(group => group.GroupId ?? []);
  if (ids.length === 0) {
    throw new KilnError(`security_group_filter matches no security group in ${ec2.region}`, {
      hint: 'change the filters, or leave them out to get a temporary group',
      code: 'security-group-not-found',
    });
  }
  run.ui.say(`Found Security Group(s): ${ids.join(', ')}`);
  return ids;
}

async function temporaryGroup(
  run: RunContext,
  aws: Aws,
  options: Options,
  vpcId: string | undefined,
  tags: Readonly<Record<string, string>>,
): Promise<SecurityGroups> {
  const ec2 = aws.ec2();
  const name = `packer_${timeOrderedUuid()}`;
  run.ui.say(`Creating temporary security group for this instance: ${name}`);
  const owned = await run.resources.acquire(
    { kind: 'ec2:security-group', account: ec2.account, name },
    async () => {
      const id = await createOnce(
        run.signal,
        async () =>
          (
            await ec2.createSecurityGroup(
              {
                GroupName: name,
                Description: 'Temporary group for Packer',
                ...(vpcId && { VpcId: vpcId }),
                TagSpecifications: tagSpecs(tags, 'security-group'),
              },
              run.signal,
            )
          ).GroupId ?? '',
        async () => {
          const filters = [{ Name: 'group-name', Values: [name] }];
          const found = await ec2.describeSecurityGroups({ Filters: filters }, run.signal);
          return found.SecurityGroups?.[0]?.GroupId;
        },
      );
      return { id, value: id };
    },
    undoSaying(aws, run.ui, 'Deleting temporary security group...'),
    certainlyNotCreated,
  );
  await admit(run, ec2, owned.value, options);
  return { ids: [owned.value], owned };
}

/** The port provisioners connect to; undefined when none is to be opened. */
function portOf(options: Options): number | undefined {
  if (options.ssh_interface === 'session_manager' || options.communicator === 'none') return undefined;
  if (options.communicator === 'winrm') return options.winrm_port ?? (options.winrm_use_ssl ? 5986 : 5985);
  return options.ssh_port ?? 22;
}

async function admit(run: RunContext, ec2: Ec2, group: string, options: Options): Promise<void> {
  const port = portOf(options);
  if (port === undefined) return;
  const sources = await sourceRanges(run, options);
  run.ui.say(`Authorizing access to port ${port} from ${sources.join(', ')} in the temporary security group`);
  const v4 = sources.filter(one => isIPv4(one.split('/')[0] ?? ''));
  const v6 = sources.filter(one => !v4.includes(one));
  try {
    await ec2.authorizeSecurityGroupIngress(
      {
        GroupId: group,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: port,
            ToPort: port,
            ...(v4.length > 0 && { IpRanges: v4.map(CidrIp => ({ CidrIp })) }),
            ...(v6.length > 0 && { Ipv6Ranges: v6.map(CidrIpv6 => ({ CidrIpv6 })) }),
          },
        ],
      },
      run.signal,
      { notYet: error => isKind(error, 'not-found') },
    );
  } catch (error) {
    // A rule that is there already is our own, from a try whose answer was lost.
    if (!isKind(error, 'duplicate')) throw error;
  }
}

async function sourceRanges(run: RunContext, options: Options): Promise<readonly string[]> {
  const cidrs = options.temporary_security_group_source_cidrs ?? [];
  if (cidrs.length > 0) {
    if (options.temporary_security_group_source_public_ip) {
      run.ui.say('temporary_security_group_source_cidrs counts, not the public address of this machine.');
    }
    return cidrs;
  }
  if (options.temporary_security_group_source_public_ip) return [await publicAddress(run)];
  return [options.ssh_interface === 'ipv6' ? '::/0' : '0.0.0.0/0'];
}

async function publicAddress(run: RunContext): Promise<string> {
  if (run.build.local) return '127.0.0.1/32';
  let text: string;
  try {
    const answer = await fetch(ADDRESS_SERVICE, { signal: AbortSignal.any([run.signal, AbortSignal.timeout(30_000)]) });
    text = answer.ok ? (await answer.text()).trim() : `HTTP ${answer.status}`;
  } catch (error) {
    run.signal.throwIfAborted();
    text = messageOf(error);
  }
  const version = isIP(text);
  if (version === 0 || text === '0.0.0.0' || text === '::') {
    throw new KilnError(`the public address of this machine could not be found out at ${ADDRESS_SERVICE}: ${text}`, {
      hint: 'name your addresses in temporary_security_group_source_cidrs',
    });
  }
  return `${text}/${version === 4 ? 32 : 128}`;
}
