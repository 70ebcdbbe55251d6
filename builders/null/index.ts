import type { Artifact } from '../../src/sdk/artifact.ts';
import type { Builder, ConnectTarget, Machine } from '../../src/sdk/plugin.ts';
import { checkConnection } from './rules.ts';
import { type NullOptions, schema } from './schema.ts';

/** Provisions a machine that is there already, or none, and keeps nothing. Facts: Packer 1.16 builder null. */
export const plugin: Builder<NullOptions> = {
  kind: 'builder',
  type: 'null',
  schema,
  prepare(options, context) {
    const type = options.communicator ?? 'ssh';
    if (type !== 'none') checkConnection(type, options, context);
    return {
      communicator: options,
      generated: [],
      launch: async () => machine(connectTarget(options)),
      artifact: async run => ({ ...ARTIFACT, buildData: run.buildData }),
    };
  },
};

const ARTIFACT: Artifact = {
  builderId: 'fnoeding.null',
  id: 'Null',
  files: [],
  description: 'Did not export anything. This is the null builder',
  destroy: async () => {},
};

/** The machine belongs to somebody else: it is neither made nor removed here. */
function machine(target: ConnectTarget): Machine {
  return { id: 'Null', target: async () => target, buildData: {}, releaseSoon: () => {} };
}

function connectTarget(options: NullOptions): ConnectTarget {
  if (options.communicator === 'winrm') {
    return {
      host: options.winrm_host ?? '',
      port: options.winrm_port ?? (options.winrm_use_ssl ? 5986 : 5985),
      ...(options.winrm_password !== undefined && { password: options.winrm_password }),
    };
  }
  return {
    host: options.ssh_host ?? '',
    port: options.ssh_port ?? 22,
    ...(options.ssh_password !== undefined && { password: options.ssh_password }),
  };
}
