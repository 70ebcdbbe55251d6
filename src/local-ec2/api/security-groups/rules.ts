import { isIPv4, isIPv6 } from 'node:net';
import { ApiError, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { integer, list, required, string, struct, type ValueOf } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import { newId } from '../../store/ids.ts';
import type { RuleRecord, SecurityGroupRecord } from '../../store/model.ts';
import type { Call } from '../action.ts';
import { find, notFound } from '../kinds.ts';

export const ipPermissions = list(
  struct({
    IpProtocol: required(string),
    FromPort: integer,
    ToPort: integer,
    IpRanges: list(struct({ CidrIp: required(string), Description: string })),
    Ipv6Ranges: list(struct({ CidrIpv6: required(string), Description: string })),
    PrefixListIds: list(struct({ PrefixListId: required(string), Description: string })),
    Groups: list(
      struct({
        GroupId: string,
        GroupName: string,
        UserId: string,
        VpcId: string,
        PeeringStatus: string,
        VpcPeeringConnectionId: string,
        Description: string,
      }),
    ),
  }),
);
type IpPermissions = ValueOf<typeof ipPermissions>;

/** Parameters of a rule given at top level, the old short form. */
export const shortRule = {
  CidrIp: string,
  FromPort: integer,
  ToPort: integer,
  IpProtocol: string,
  SourceSecurityGroupName: string,
  SourceSecurityGroupOwnerId: string,
} as const;

interface ShortRule {
  readonly CidrIp: string | undefined;
  readonly FromPort: number | undefined;
  readonly ToPort: number | undefined;
  readonly IpProtocol: string | undefined;
  readonly SourceSecurityGroupName: string | undefined;
  readonly SourceSecurityGroupOwnerId: string | undefined;
}

const PROTOCOLS: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6', all: '-1' };

/** The rules a request describes. Throws InvalidParameterValue, InvalidPermission.Malformed, MissingParameter. */
export function rulesOf(
  call: Call,
  group: SecurityGroupRecord,
  egress: boolean,
  input: ShortRule & { readonly IpPermissions: IpPermissions },
): RuleRecord[] {
  const rules: RuleRecord[] = [];
  const add = (ports: Ports, source: RuleRecord['source'], description: string | undefined): void => {
    rules.push({
      id: newId('sgr'),
      egress,
      ...ports,
      source,
      ...(description && { description: checkDescription(description) }),
      tags: {},
    });
  };
  for (const one of input.IpPermissions) {
    const ports = portsOf(one.IpProtocol, one.FromPort, one.ToPort);
    for (const range of one.IpRanges) add(ports, { cidr4: cidr4(range.CidrIp) }, range.Description);
    for (const range of one.Ipv6Ranges) add(ports, { cidr6: cidr6(range.CidrIpv6) }, range.Description);
    for (const range of one.PrefixListIds) add(ports, { prefixListId: range.PrefixListId }, range.Description);
    for (const other of one.Groups) {
      const id = other.GroupId
        ? find(call, 'securityGroups', other.GroupId).id
        : groupNamed(call, group.vpcId, other.GroupName).id;
      add(ports, { groupId: id, userId: other.UserId ?? call.world.accountId }, other.Description);
    }
  }
  if (input.CidrIp !== undefined) add(shortPorts(input), { cidr4: cidr4(input.CidrIp) }, undefined);
  if (input.SourceSecurityGroupName !== undefined) {
    const ports: Ports = input.IpProtocol === undefined ? { protocol: '-1' } : shortPorts(input);
    add(
      ports,
      { groupId: groupNamed(call, group.vpcId, input.SourceSecurityGroupName).id, userId: call.world.accountId },
      undefined,
    );
  }
  if (rules.length === 0)
    throw missingParameter(input.IpPermissions.length > 0 ? 'IpPermissions.1.IpRanges' : 'ipPermissions');
  return rules;
}

function groupNamed(call: Call, vpcId: string, name: string | undefined): SecurityGroupRecord {
  const found = Object.values(call.state.securityGroups).find(one => one.vpcId === vpcId && one.name === name);
  if (!found) throw notFound('securityGroups', name ?? '');
  return found;
}

interface Ports {
  readonly protocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
}

function shortPorts(input: ShortRule): Ports {
  if (input.IpProtocol === undefined) throw missingParameter('IpProtocol');
  return portsOf(input.IpProtocol, input.FromPort, input.ToPort);
}

function portsOf(given: string, from: number | undefined, to: number | undefined): Ports {
  const protocol = PROTOCOLS[given.toLowerCase()] ?? given.toLowerCase();
  if (protocol === '-1') return { protocol };
  if (!/^(tcp|udp|icmp|icmpv6|\d{1,3})$/.test(protocol))
    throw invalidParameter(`Invalid value '${given}' for IP protocol. Unknown protocol.`);
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return { protocol, ...(from !== undefined && { fromPort: from }), ...(to !== undefined && { toPort: to }) };
  }
  if (from === undefined || to === undefined)
    throw invalidParameter(`Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`);
  for (const port of [from, to])
    if (port < 0 || port > 65_535)
      throw invalidParameter(`Invalid value '${port}' for portRange. Must be between 0 and 65535.`);
  if (from > to) throw invalidParameter(`Invalid TCP/UDP port range (${from}:${to})`);
  return { protocol, fromPort: from, toPort: to };
}

function cidr4(text: string): string {
  const [address = '', bits, ...rest] = text.split('/');
  if (!isIPv4(address) || bits === undefined || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32)
    throw invalidParameter(`CIDR block ${text} is malformed`);
  return text;
}

function cidr6(text: string): string {
  const [address = '', bits, ...rest] = text.split('/');
  if (!isIPv6(address) || bits === undefined || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > 128)
    throw invalidParameter(`CIDR block ${text} is malformed`);
  return text;
}

function checkDescription(text: string): string {
  if (text.length > 255 || !/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/.test(text))
    throw invalidParameter(
      `Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`,
    );
  return text;
}

/** Whether two rules admit the same. */
export function sameRule(a: RuleRecord, b: RuleRecord): boolean {
  return (
    a.egress === b.egress &&
    a.protocol === b.protocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    sourceText(a) === sourceText(b)
  );
}

export function sourceText(rule: RuleRecord): string {
  const { source } = rule;
  if ('cidr4' in source) return source.cidr4;
  if ('cidr6' in source) return source.cidr6;
  return 'prefixListId' in source ? source.prefixListId : source.groupId;
}

/** Adds rules. Throws InvalidPermission.Duplicate. */
export function authorize(group: SecurityGroupRecord, rules: readonly RuleRecord[]): void {
  for (const rule of rules) {
    if (!group.rules.some(one => sameRule(one, rule))) continue;
    const ports = rule.fromPort === undefined ? '' : `, from port: ${rule.fromPort}, to port: ${rule.toPort}`;
    throw new ApiError(
      'InvalidPermission.Duplicate',
      `the specified rule "peer: ${sourceText(rule)}, ${rule.protocol.toUpperCase()}${ports}, ALLOW" already exists`,
    );
  }
  group.rules.push(...rules);
}

/** Rules of one direction as `ipPermissions`: ranges with the same ports together. */
export function permissionsXml(group: SecurityGroupRecord, egress: boolean): Xml {
  const byPorts = new Map<string, RuleRecord[]>();
  for (const rule of group.rules) {
    if (rule.egress !== egress) continue;
    const key = `${rule.protocol} ${rule.fromPort} ${rule.toPort}`;
    byPorts.set(key, [...(byPorts.get(key) ?? []), rule]);
  }
  return [...byPorts.values()].map(rules => ({
    ipProtocol: rules[0]?.protocol,
    fromPort: rules[0]?.fromPort,
    toPort: rules[0]?.toPort,
    groups: rules.flatMap(({ source, description }) => ('groupId' in source ? [{ ...source, description }] : [])),
    ipRanges: rules.flatMap(({ source, description }) =>
      'cidr4' in source ? [{ cidrIp: source.cidr4, description }] : [],
    ),
    ipv6Ranges: rules.flatMap(({ source, description }) =>
      'cidr6' in source ? [{ cidrIpv6: source.cidr6, description }] : [],
    ),
    prefixListIds: rules.flatMap(({ source, description }) =>
      'prefixListId' in source ? [{ ...source, description }] : [],
    ),
  }));
}

export function ruleXml(call: Call, group: SecurityGroupRecord, rule: RuleRecord): Xml {
  const { source } = rule;
  return {
    securityGroupRuleId: rule.id,
    groupId: group.id,
    groupOwnerId: call.world.accountId,
    isEgress: rule.egress,
    ipProtocol: rule.protocol,
    fromPort: rule.fromPort ?? -1,
    toPort: rule.toPort ?? -1,
    cidrIpv4: 'cidr4' in source ? source.cidr4 : undefined,
    cidrIpv6: 'cidr6' in source ? source.cidr6 : undefined,
    prefixListId: 'prefixListId' in source ? source.prefixListId : undefined,
    referencedGroupInfo: 'groupId' in source ? { ...source } : undefined,
    description: rule.description,
  };
}
