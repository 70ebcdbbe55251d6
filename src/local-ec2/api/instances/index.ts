/** Actions on instances. */
import type { Action } from '../action.ts';
import { describeInstanceAttribute, modifyInstanceAttribute, modifyInstanceMetadataOptions } from './attributes.ts';
import { monitorActions, rebootInstances, startInstances, stopInstances, terminateInstances } from './change.ts';
import { getConsoleOutput, getPasswordData } from './console.ts';
import { describeInstanceStatus, describeInstances, describeNetworkInterfaces } from './describe.ts';
import { runInstances } from './run.ts';

export const instanceActions: Readonly<Record<string, Action>> = {
  RunInstances: runInstances,
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceAttribute: describeInstanceAttribute,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  ModifyInstanceMetadataOptions: modifyInstanceMetadataOptions,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  RebootInstances: rebootInstances,
  TerminateInstances: terminateInstances,
  GetConsoleOutput: getConsoleOutput,
  GetPasswordData: getPasswordData,
  ...monitorActions,
};
