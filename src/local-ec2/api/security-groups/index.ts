/** Actions on security groups. */
import { ApiError, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { filters, integer, list, required, string, tagSpecifications } from '../../protocol/params.ts';
import { newId } from '../../store/ids.ts';
import type { RuleRecord, SecurityGroupRecord, Tags } from '../../store/model.ts';
import { type Action, action, type Call } from '../action.ts';
import { matcher } from '../filters.ts';
import { find, notFound, select } from '../kinds.ts';
import { defaultVpcOf } from '../network.ts';
import { page } from '../paging.ts';
import { tagSet, tagsFor } from '../tagging.ts';
import {
  authorize,
  ipPermissions,
  permissionsXml,
  rulesOf,
  ruleXml,
  sameRule,
  shortRule,
  sourceText,
} from './rules.ts';

const createSecurityGroup = action(
  {
    GroupName: required(string),
    GroupDescription: required(string),
    VpcId: string,
    TagSpecification: tagSpecifications,
  },
  (call, input) => {
    const { GroupName: name, GroupDescription: description } = input;
    const tags = tagsFor(input.TagSpecification, 'security-group');
    const characters = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;
    if (!characters.test(name) || /^sg-/i.test(name)) throw invalidParameter(`Invalid security group name '${name}'`);
    if (!characters.test(description))
      throw invalidParameter(
        `Invalid security group description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`,
      );
    const vpc = input.VpcId ? find(call, 'vpcs', input.VpcId) : defaultVpcOf(call);
    if (!vpc) throw new ApiError('VPCIdNotSpecified', 'No default VPC for this user');
    if (Object.values(call.state.securityGroups).some(one => one.vpcId === vpc.id && one.name === name))
      throw new ApiError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc.id}'`);
    const id = newId('sg');
    const outward: RuleRecord = {
      id: newId('sgr'),
      egress: true,
      protocol: '-1',
      source: { cidr4: '0.0.0.0/0' },
      tags: {},
    };
    call.state.securityGroups[id] = {
      id,
      tags,
      createdAt: call.world.now(),
      name,
      description,
      vpcId: vpc.id,
      rules: [outward],
    };
    call.world.touch();
    return { groupId: id, tagSet: tagSet(tags), securityGroupArn: arnOf(call, id) };
  },
);

function arnOf(call: Call, id: string): string {
  return `arn:aws:ec2:${call.region}:${call.world.accountId}:security-group/${id}`;
}

/** A group by id, or by name in the default VPC. */
function groupOf(call: Call, id: string | undefined, name: string | undefined): SecurityGroupRecord {
  if (id) return find(call, 'securityGroups', id);
  if (!name) throw missingParameter('GroupId');
  const vpc = defaultVpcOf(call);
  const found = Object.values(call.state.securityGroups).find(one => one.vpcId === vpc?.id && one.name === name);
  if (!found)
    throw new ApiError(
      'InvalidGroup.NotFound',
      `The security group '${name}' does not exist in default VPC '${vpc?.id}'`,
    );
  return find(call, 'securityGroups', found.id);
}

const sources = (one: SecurityGroupRecord, egress: boolean, kind: string): string[] =>
  one.rules.flatMap(rule => (rule.egress === egress && kind in rule.source ? [sourceText(rule)] : []));

const describeSecurityGroups = action(
  { GroupId: list(string), GroupName: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const named = input.GroupName.map(name => groupOf(call, undefined, name).id);
    const byFilter = matcher<SecurityGroupRecord>(input.Filter, {
      description: one => one.description,
      'group-id': one => one.id,
      'group-name': one => one.name,
      'owner-id': () => call.world.accountId,
      'vpc-id': one => one.vpcId,
      'ip-permission.cidr': one => sources(one, false, 'cidr4'),
      'ip-permission.ipv6-cidr': one => sources(one, false, 'cidr6'),
      'ip-permission.group-id': one => sources(one, false, 'groupId'),
      'ip-permission.from-port': one => one.rules.flatMap(rule => (rule.egress ? [] : [String(rule.fromPort ?? -1)])),
      'ip-permission.to-port': one => one.rules.flatMap(rule => (rule.egress ? [] : [String(rule.toPort ?? -1)])),
      'ip-permission.protocol': one => one.rules.flatMap(rule => (rule.egress ? [] : [rule.protocol])),
      'egress.ip-permission.cidr': one => sources(one, true, 'cidr4'),
      'egress.ip-permission.protocol': one => one.rules.flatMap(rule => (rule.egress ? [rule.protocol] : [])),
    });
    const found = select(call, 'securityGroups', [...named, ...input.GroupId], byFilter);
    const { items, nextToken } = page(found, input, { byId: input.GroupId.length > 0 });
    return {
      securityGroupInfo: items.map(one => ({
        ownerId: call.world.accountId,
        groupId: one.id,
        groupName: one.name,
        groupDescription: one.description,
        vpcId: one.vpcId,
        ipPermissions: permissionsXml(one, false),
        ipPermissionsEgress: permissionsXml(one, true),
        tagSet: tagSet(one.tags),
        securityGroupArn: arnOf(call, one.id),
      })),
      nextToken,
    };
  },
);

const deleteSecurityGroup = action({ GroupId: string, GroupName: string }, (call, input) => {
  const group = groupOf(call, input.GroupId, input.GroupName);
  if (group.name === 'default')
    throw new ApiError('CannotDelete', 'the specified group: "default" name: "default" cannot be deleted by a user');
  const users = Object.values(call.state.instances).some(
    one => one.state !== 'terminated' && one.groupIds.includes(group.id),
  );
  const referrers = Object.values(call.state.securityGroups).some(
    one => one.id !== group.id && one.rules.some(rule => 'groupId' in rule.source && rule.source.groupId === group.id),
  );
  if (users || referrers) throw new ApiError('DependencyViolation', `resource ${group.id} has a dependent object`);
  delete call.state.securityGroups[group.id];
  call.world.touch();
  return { return: true, groupId: group.id };
});

function authorizing(egress: boolean): Action {
  const fields = {
    GroupId: string,
    GroupName: string,
    IpPermissions: ipPermissions,
    ...shortRule,
    TagSpecification: tagSpecifications,
  };
  return action(fields, (call, input) => {
    const group = groupOf(call, input.GroupId, input.GroupName);
    const tags = tagsFor(input.TagSpecification, 'security-group-rule');
    const rules = rulesOf(call, group, egress, input).map(rule => ({ ...rule, tags: { ...tags } }));
    authorize(group, rules);
    call.world.touch();
    return { return: true, securityGroupRuleSet: rules.map(rule => ruleXml(call, group, rule)) };
  });
}

function revoking(egress: boolean): Action {
  const fields = {
    GroupId: string,
    GroupName: string,
    IpPermissions: ipPermissions,
    ...shortRule,
    SecurityGroupRuleId: list(string),
  };
  return action(fields, (call, input) => {
    const group = groupOf(call, input.GroupId, input.GroupName);
    let gone: RuleRecord[];
    if (input.SecurityGroupRuleId.length > 0) {
      gone = group.rules.filter(rule => rule.egress === egress && input.SecurityGroupRuleId.includes(rule.id));
      if (gone.length < input.SecurityGroupRuleId.length)
        throw new ApiError(
          'InvalidSecurityGroupRuleId.NotFound',
          `The security group rule IDs '${input.SecurityGroupRuleId.join(', ')}' do not exist`,
        );
    } else {
      const wanted = rulesOf(call, group, egress, input);
      gone = group.rules.filter(rule => wanted.some(one => sameRule(one, rule)));
      if (gone.length < wanted.length)
        throw new ApiError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
    }
    group.rules = group.rules.filter(rule => !gone.includes(rule));
    call.world.touch();
    return { return: true };
  });
}

interface RuleRow extends RuleRecord {
  readonly group: SecurityGroupRecord;
  readonly tags: Tags;
}

const describeSecurityGroupRules = action(
  { SecurityGroupRuleId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
  (call, input) => {
    const rows: RuleRow[] = Object.values(call.state.securityGroups).flatMap(group =>
      group.rules.map(rule => ({ ...rule, group })),
    );
    const byFilter = matcher<RuleRow>(input.Filter, {
      'group-id': row => row.group.id,
      'security-group-rule-id': row => row.id,
    });
    const found = rows.filter(
      row => (input.SecurityGroupRuleId.length === 0 || input.SecurityGroupRuleId.includes(row.id)) && byFilter(row),
    );
    const { items, nextToken } = page(found, input);
    return { securityGroupRuleSet: items.map(row => ruleXml(call, row.group, row)), nextToken };
  },
);

/** The groups of these ids and names, all of one VPC. Throws InvalidGroup.NotFound, InvalidParameter. */
export function groupsFor(call: Call, ids: readonly string[], names: readonly string[], vpcId: string): string[] {
  const found = ids.map(id => find(call, 'securityGroups', id));
  for (const name of names) {
    const one = Object.values(call.state.securityGroups).find(other => other.vpcId === vpcId && other.name === name);
    if (!one) throw notFound('securityGroups', name);
    found.push(one);
  }
  const foreign = found.find(one => one.vpcId !== vpcId);
  if (foreign)
    throw new ApiError('InvalidParameter', `Security group ${foreign.id} and subnet belong to different networks.`);
  if (found.length > 0) return [...new Set(found.map(one => one.id))];
  const standard = Object.values(call.state.securityGroups).find(one => one.vpcId === vpcId && one.name === 'default');
  return standard ? [standard.id] : [];
}

export const securityGroupActions: Readonly<Record<string, Action>> = {
  CreateSecurityGroup: createSecurityGroup,
  DescribeSecurityGroups: describeSecurityGroups,
  DeleteSecurityGroup: deleteSecurityGroup,
  AuthorizeSecurityGroupIngress: authorizing(false),
  AuthorizeSecurityGroupEgress: authorizing(true),
  RevokeSecurityGroupIngress: revoking(false),
  RevokeSecurityGroupEgress: revoking(true),
  DescribeSecurityGroupRules: describeSecurityGroupRules,
};
