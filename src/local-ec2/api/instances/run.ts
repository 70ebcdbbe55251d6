import { ApiError, invalidParameter } from '../../protocol/errors.ts';
import { integer, list, required, string, struct } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import { newId } from '../../store/ids.ts';
import type { InstanceRecord } from '../../store/model.ts';
import { type Call, checkedAction, type Reply } from '../action.ts';
import { peek } from '../kinds.ts';
import { templateVersion } from '../launch-templates.ts';
import { recall, remember } from '../tokens.ts';
import { type LaunchParameters, launchFields, overTemplate } from './fields.ts';
import { launchInstance } from './launch.ts';
import { checkCapacity, planLaunch } from './plan.ts';
import { instanceXml } from './view.ts';

/** The most instances of one call; each is a real machine here. */
const MAX_COUNT = 100;

/** RunInstances. DryRun ends it after all checks, as kiln and Packer use it to wait for an instance profile. */
export const runInstances = checkedAction(
  {
    ...launchFields,
    MinCount: required(integer),
    MaxCount: required(integer),
    ClientToken: string,
    SubnetId: string,
    RamdiskId: string,
    PrivateIpAddress: string,
    AdditionalInfo: string,
    Ipv6AddressCount: integer,
    LaunchTemplate: struct({ LaunchTemplateId: string, LaunchTemplateName: string, Version: string }),
    ElasticGpuSpecification: list(struct({ Type: required(string) })),
  },
  (call, input, stopIfDry) => {
    const known = recall(call, input.ClientToken, input);
    if (known)
      return reservationXml(
        call,
        known.flatMap(id => peek(call, 'instances', id) ?? []),
      );
    const { MinCount: min, MaxCount: max } = input;
    if (min < 1 || max < min) throw invalidParameter(`Invalid value for MinCount and MaxCount: ${min}, ${max}`);
    if (max > MAX_COUNT)
      throw new ApiError(
        'InstanceLimitExceeded',
        `You have requested more instances (${max}) than your current instance limit of ${MAX_COUNT} allows.`,
      );
    const parameters: LaunchParameters = input.LaunchTemplate
      ? overTemplate(input, templateVersion(call, input.LaunchTemplate).data)
      : input;
    const plan = planLaunch(call, parameters);
    stopIfDry();
    checkCapacity(call, plan);
    const reservationId = newId('r');
    const made: InstanceRecord[] = [];
    for (let index = 0; index < max; index++)
      made.push(launchInstance(call, plan, { reservationId, launchIndex: index, clientToken: input.ClientToken }));
    remember(
      call,
      input.ClientToken,
      input,
      made.map(one => one.id),
    );
    return reservationXml(call, made);
  },
);

function reservationXml(call: Call, instances: readonly InstanceRecord[]): Reply {
  return { ...reservationHead(call, instances), instancesSet: instances.map(one => instanceXml(call, one)) };
}

export function reservationHead(call: Call, instances: readonly InstanceRecord[]): { [name: string]: Xml } {
  return { reservationId: instances[0]?.reservationId, ownerId: call.world.accountId, groupSet: [] };
}
