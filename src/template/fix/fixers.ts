import * as amazon from './amazon.ts';
import type { Fixer } from './fixer.ts';
import * as general from './general.ts';
import * as others from './other-builders.ts';
import * as postProcessors from './post-processors.ts';
import * as provisioners from './provisioners.ts';
import * as machines from './virtual-machines.ts';

/** All fixers in the order in which Packer 1.16 runs them. Some build on what an earlier one did. */
export const FIXERS: readonly Fixer[] = [
  general.isoMd5,
  general.createTime,
  machines.virtualboxAttach,
  postProcessors.vagrantOverride,
  machines.virtualboxRename,
  machines.vmwareRename,
  machines.parallelsHeadless,
  machines.parallelsDeprecations,
  general.sshKeyPath,
  general.sshDisableAgent,
  others.scalewayAccessKey,
  postProcessors.manifestFilename,
  amazon.amazonShutdownBehavior,
  amazon.amazonEnhancedNetworking,
  amazon.amazonPrivateIp,
  amazon.amazonSecurityGroupCidrs,
  postProcessors.dockerEmail,
  postProcessors.dockerTags,
  provisioners.powershellEscapes,
  machines.vmwareCompaction,
  machines.hypervDeprecations,
  machines.hypervVmxcTypo,
  machines.hypervCpuAndRam,
  general.cleanImageName,
  amazon.spotPriceAutoProduct,
  machines.qemuDiskSize,
  provisioners.galaxyCommand,
  machines.commConfig,
  general.sshWaitTimeout,
  machines.vsphereNetworkAndDisk,
  general.isoChecksum,
  machines.qemuHostPort,
  others.azureExcludeFromLatest,
  others.proxmoxType,
];
