/** Account-wide settings that tools read before they act. */
import { filters, integer, list, string } from '../protocol/params.ts';
import type { InstanceRecord } from '../store/model.ts';
import { type Action, action } from './action.ts';
import { kmsKeyArn } from './encryption.ts';
import { matcher } from './filters.ts';
import { select } from './kinds.ts';
import { defaultVpcOf } from './network.ts';
import { page } from './paging.ts';

export const accountActions: Readonly<Record<string, Action>> = {
  DescribeAccountAttributes: action({ AttributeName: list(string) }, (call, input) => {
    const all: Readonly<Record<string, readonly string[]>> = {
      'supported-platforms': ['VPC'],
      'default-vpc': [defaultVpcOf(call)?.id ?? 'none'],
      'max-instances': ['100'],
      'vpc-max-security-groups-per-interface': ['5'],
    };
    const names =
      input.AttributeName.length > 0 ? input.AttributeName.filter(name => Object.hasOwn(all, name)) : Object.keys(all);
    return {
      accountAttributeSet: names.map(attributeName => ({
        attributeName,
        attributeValueSet: (all[attributeName] ?? []).map(attributeValue => ({ attributeValue })),
      })),
    };
  }),
  GetEbsEncryptionByDefault: action({}, () => ({ ebsEncryptionByDefault: false })),
  GetEbsDefaultKmsKeyId: action({}, call => ({ kmsKeyId: kmsKeyArn(call, undefined) })),
  DescribeInstanceCreditSpecifications: action(
    { InstanceId: list(string), Filter: filters, MaxResults: integer, NextToken: string },
    (call, input) => {
      const byFilter = matcher<InstanceRecord>(input.Filter, { 'instance-id': one => one.id });
      const found = select(call, 'instances', input.InstanceId, one => one.cpuCredits !== undefined && byFilter(one));
      const { items, nextToken } = page(found, input);
      return {
        instanceCreditSpecificationSet: items.map(one => ({ instanceId: one.id, cpuCredits: one.cpuCredits })),
        nextToken,
      };
    },
  ),
};
