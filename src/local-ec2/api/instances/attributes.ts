import { instanceType } from '../../instance-types.ts';
import { ApiError, invalidCombination, invalidParameter, missingParameter } from '../../protocol/errors.ts';
import { blob, boolean, list, oneOf, required, string, struct } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import type { InstanceRecord } from '../../store/model.ts';
import { action, DONE } from '../action.ts';
import { find } from '../kinds.ts';
import { metadataOptions } from './fields.ts';

const text = struct({ Value: string });
const flag = struct({ Value: boolean });

/** Attributes that EC2 changes only while the instance is stopped. */
const STOPPED_ONLY = new Set([
  'InstanceType',
  'UserData',
  'EnaSupport',
  'SriovNetSupport',
  'EbsOptimized',
  'Kernel',
  'Ramdisk',
]);

/** Short names that Attribute may have, with Value. */
const BY_NAME: Readonly<Record<string, string>> = {
  disableApiTermination: 'DisableApiTermination',
  disableApiStop: 'DisableApiStop',
  ebsOptimized: 'EbsOptimized',
  enaSupport: 'EnaSupport',
  instanceInitiatedShutdownBehavior: 'InstanceInitiatedShutdownBehavior',
  instanceType: 'InstanceType',
  sourceDestCheck: 'SourceDestCheck',
  sriovNetSupport: 'SriovNetSupport',
  userData: 'UserData',
};

export const modifyInstanceAttribute = action(
  {
    InstanceId: required(string),
    Attribute: string,
    Value: string,
    SourceDestCheck: flag,
    DisableApiTermination: flag,
    DisableApiStop: flag,
    EbsOptimized: flag,
    EnaSupport: flag,
    InstanceInitiatedShutdownBehavior: text,
    InstanceType: text,
    SriovNetSupport: text,
    UserData: struct({ Value: blob }),
    GroupId: list(string),
    BlockDeviceMapping: list(
      struct({
        DeviceName: string,
        VirtualName: string,
        NoDevice: string,
        Ebs: struct({ DeleteOnTermination: boolean, VolumeId: string }),
      }),
    ),
  },
  (call, input) => {
    const instance = find(call, 'instances', input.InstanceId);
    const values = new Map<string, string | boolean>();
    const set = (name: string, value: string | boolean | undefined): void => {
      if (value !== undefined) values.set(name, value);
    };
    set('SourceDestCheck', input.SourceDestCheck?.Value);
    set('DisableApiTermination', input.DisableApiTermination?.Value);
    set('DisableApiStop', input.DisableApiStop?.Value);
    set('EbsOptimized', input.EbsOptimized?.Value);
    set('EnaSupport', input.EnaSupport?.Value);
    set('InstanceInitiatedShutdownBehavior', input.InstanceInitiatedShutdownBehavior?.Value);
    set('InstanceType', input.InstanceType?.Value);
    set('SriovNetSupport', input.SriovNetSupport?.Value);
    set('UserData', input.UserData?.Value?.toString('base64'));
    if (input.Attribute !== undefined && input.Value !== undefined) {
      const name = BY_NAME[input.Attribute];
      if (!name)
        throw invalidParameter(`Value (${input.Attribute}) for parameter attribute is invalid. Unknown attribute.`);
      set(name, input.Value);
    }
    if (values.size > 1) throw invalidCombination('Fields for multiple attribute types specified');
    const [change] = values;
    if (!change && input.GroupId.length === 0 && input.BlockDeviceMapping.length === 0)
      throw missingParameter('Attribute');
    if (change) {
      const [name, value] = change;
      if (STOPPED_ONLY.has(name) && instance.state !== 'stopped')
        throw new ApiError('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'stopped' state.`);
      apply(instance, name, value);
    }
    if (input.GroupId.length > 0) instance.groupIds = input.GroupId.map(id => find(call, 'securityGroups', id).id);
    for (const one of input.BlockDeviceMapping) {
      const disk = instance.disks.find(each => each.device === one.DeviceName);
      if (!disk) throw invalidParameter(`No device is currently mapped at ${one.DeviceName}`);
      if (one.Ebs?.DeleteOnTermination !== undefined) disk.deleteOnTermination = one.Ebs.DeleteOnTermination;
    }
    call.world.touch();
    return DONE;
  },
);

function apply(instance: InstanceRecord, name: string, value: string | boolean): void {
  const on = value === true || value === 'true';
  switch (name) {
    case 'SourceDestCheck':
      instance.sourceDestCheck = on;
      break;
    case 'DisableApiTermination':
      instance.disableApiTermination = on;
      break;
    case 'DisableApiStop':
      instance.disableApiStop = on;
      break;
    case 'EbsOptimized':
      instance.ebsOptimized = on;
      break;
    case 'EnaSupport':
      instance.enaSupport = on;
      break;
    case 'InstanceInitiatedShutdownBehavior':
      if (value !== 'stop' && value !== 'terminate')
        throw invalidParameter(
          `Value (${value}) for parameter instanceInitiatedShutdownBehavior is invalid. Valid values are: stop, terminate.`,
        );
      instance.shutdownBehavior = value;
      break;
    case 'InstanceType':
      if (!instanceType(String(value))) throw invalidParameter(`Invalid value '${value}' for InstanceType.`);
      instance.type = String(value);
      break;
    case 'SriovNetSupport':
      if (value !== 'simple')
        throw invalidParameter(`Value (${value}) for parameter sriovNetSupport is invalid. Valid values are: simple.`);
      instance.sriovNetSupport = value;
      break;
    case 'UserData':
      instance.userData = String(value);
      break;
  }
}

const ATTRIBUTES = [
  'instanceType',
  'kernel',
  'ramdisk',
  'userData',
  'disableApiTermination',
  'instanceInitiatedShutdownBehavior',
  'rootDeviceName',
  'blockDeviceMapping',
  'productCodes',
  'sourceDestCheck',
  'groupSet',
  'ebsOptimized',
  'sriovNetSupport',
  'enaSupport',
  'enclaveOptions',
  'disableApiStop',
] as const;

export const describeInstanceAttribute = action(
  { InstanceId: required(string), Attribute: required(oneOf(...ATTRIBUTES)) },
  (call, input) => {
    const instance = find(call, 'instances', input.InstanceId);
    const value = (one: string | boolean | undefined): Xml => (one === undefined ? {} : { value: one });
    const shown: Record<(typeof ATTRIBUTES)[number], Xml> = {
      instanceType: value(instance.type),
      kernel: {},
      ramdisk: {},
      userData: value(instance.userData),
      disableApiTermination: value(instance.disableApiTermination),
      instanceInitiatedShutdownBehavior: value(instance.shutdownBehavior),
      rootDeviceName: value(instance.rootDeviceName),
      blockDeviceMapping: instance.disks.map(disk => ({
        deviceName: disk.device,
        ebs: { volumeId: disk.volumeId, status: 'attached', deleteOnTermination: disk.deleteOnTermination },
      })),
      productCodes: instance.productCodes.map(productCode => ({ productCode, type: 'marketplace' })),
      sourceDestCheck: value(instance.sourceDestCheck),
      groupSet: instance.groupIds.map(groupId => ({ groupId })),
      ebsOptimized: value(instance.ebsOptimized),
      sriovNetSupport: value(instance.sriovNetSupport),
      enaSupport: value(instance.enaSupport),
      enclaveOptions: { enabled: instance.enclave },
      disableApiStop: value(instance.disableApiStop),
    };
    return { instanceId: instance.id, [input.Attribute]: shown[input.Attribute] };
  },
);

export const modifyInstanceMetadataOptions = action(
  { InstanceId: required(string), ...metadataOptions },
  (call, input) => {
    const instance = find(call, 'instances', input.InstanceId);
    const { metadata } = instance;
    if (input.HttpTokens) metadata.httpTokens = input.HttpTokens;
    if (input.HttpPutResponseHopLimit !== undefined) metadata.httpPutResponseHopLimit = input.HttpPutResponseHopLimit;
    if (input.HttpEndpoint) metadata.httpEndpoint = input.HttpEndpoint;
    if (input.HttpProtocolIpv6) metadata.httpProtocolIpv6 = input.HttpProtocolIpv6;
    if (input.InstanceMetadataTags) metadata.instanceMetadataTags = input.InstanceMetadataTags;
    call.world.touch();
    return { instanceId: instance.id, instanceMetadataOptions: { state: 'pending', ...metadata } };
  },
);
