import { builderFixer, type Fixer, has, isBoolean, isString, rename, types } from './fixer.ts';
import { isObject, type JsonObject, objectOf } from './json.ts';

/** Fixers for the builders of local hypervisors. */

export const virtualboxAttach = builderFixer(
  'virtualbox-gaattach',
  ['guest_additions_attach'],
  types('virtualbox'),
  builder => {
    const attach = builder.guest_additions_attach;
    if (!isBoolean(attach)) return;
    delete builder.guest_additions_attach;
    builder.guest_additions_mode = attach ? 'attach' : 'upload';
  },
);

export const virtualboxRename: Fixer = {
  name: 'virtualbox-rename',
  apply({ builders, provisioners }) {
    for (const builder of builders) if (builder.type === 'virtualbox') builder.type = 'virtualbox-iso';
    for (const { override } of provisioners) if (isObject(override)) rename(override, 'virtualbox', 'virtualbox-iso');
  },
};

export const vmwareRename = builderFixer('vmware-rename', [], types('vmware'), builder => {
  builder.type = 'vmware-iso';
});

const parallels = types('parallels-iso', 'parallels-pvm');

export const parallelsHeadless = builderFixer('parallels-headless', ['headless'], parallels, builder => {
  delete builder.headless;
});

export const parallelsDeprecations = builderFixer(
  'parallels-deprecations',
  ['parallels_tools_host_path', 'guest_os_distribution'],
  parallels,
  builder => {
    delete builder.parallels_tools_host_path;
    rename(builder, 'guest_os_distribution', 'guest_os_type');
  },
);

export const vmwareCompaction = builderFixer('vmware-compaction', [], types('vmware-iso'), builder => {
  if (builder.remote_type !== 'esx5') return;
  if (!has(builder, 'disk_type_id')) builder.disk_type_id = 'zeroedthick';
  if (isString(builder.disk_type_id) && builder.disk_type_id !== 'thin') builder.skip_compaction = true;
});

export const hypervDeprecations = builderFixer(
  'hyperv-deprecations',
  ['vhd_temp_path'],
  types('hyperv-iso'),
  builder => {
    delete builder.vhd_temp_path;
  },
);

export const hypervVmxcTypo = builderFixer(
  'hyperv-vmxc-typo',
  ['clone_from_vmxc_path'],
  types('hyperv-vmcx'),
  builder => rename(builder, 'clone_from_vmxc_path', 'clone_from_vmcx_path'),
);

export const hypervCpuAndRam = builderFixer(
  'hyperv-cpu-and-ram',
  ['cpu', 'ram_size'],
  types('hyperv-iso', 'hyperv-vmcx'),
  builder => {
    rename(builder, 'cpu', 'cpus');
    rename(builder, 'ram_size', 'memory');
  },
);

export const qemuDiskSize = builderFixer('qemu-disk-size', [], types('qemu'), builder => {
  if (typeof builder.disk_size === 'number') builder.disk_size = `${BigInt(Math.trunc(builder.disk_size))}M`;
});

const PORTS = ['host_port_min', 'host_port_max'] as const;

export const commConfig = builderFixer(
  'comm-config',
  ['ssh_host_port_min', 'ssh_host_port_max', 'ssh_skip_nat_mapping'],
  type => type.startsWith('virtualbox'),
  builder => {
    for (const port of PORTS) rename(builder, `ssh_${port}`, port, { keepNew: true });
    rename(builder, 'ssh_skip_nat_mapping', 'skip_nat_mapping', { when: isBoolean, keepNew: true });
  },
);

export const qemuHostPort = builderFixer(
  'qemu-host-port',
  ['ssh_host_port_min', 'ssh_host_port_max'],
  types('qemu'),
  builder => {
    for (const port of PORTS) rename(builder, `ssh_${port}`, port);
  },
);

/** Single network and disk settings become the first element of a list. */
export const vsphereNetworkAndDisk = builderFixer(
  'vsphere-iso-net-disk',
  ['network_card', 'network', 'networkCard', 'disk_size', 'disk_thin_provisioned', 'disk_eagerly_scrub'],
  types('vsphere-iso'),
  builder => {
    rename(builder, 'networkCard', 'network_card', { keepNew: true });
    gather(builder, ['network', 'network_card'], 'network_adapters');
    gather(builder, ['disk_size', 'disk_thin_provisioned', 'disk_eagerly_scrub'], 'storage');
  },
);

function gather(builder: JsonObject, keys: readonly string[], list: string): void {
  const given = keys.filter(key => has(builder, key));
  const existing = builder[list] ?? [];
  if (given.length === 0 || !Array.isArray(existing)) return;
  builder[list] = [objectOf(given.map(key => [key, builder[key] ?? null])), ...existing];
  for (const key of given) delete builder[key];
}
