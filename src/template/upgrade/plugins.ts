/** Plugins of Packer's own makers by the names of their components: a prefix that ends in `-`, or the whole name. */
const PLUGINS: Readonly<Record<string, readonly string[]>> = {
  alicloud: ['alicloud-'],
  amazon: ['amazon-'],
  ansible: ['ansible', 'ansible-local'],
  azure: ['azure-'],
  chef: ['chef-'],
  digitalocean: ['digitalocean', 'digitalocean-'],
  docker: ['docker', 'docker-'],
  googlecompute: ['googlecompute', 'googlecompute-'],
  hyperv: ['hyperv-'],
  inspec: ['inspec'],
  lxc: ['lxc'],
  lxd: ['lxd'],
  openstack: ['openstack'],
  oracle: ['oracle-'],
  parallels: ['parallels-'],
  proxmox: ['proxmox', 'proxmox-'],
  puppet: ['puppet-'],
  qemu: ['qemu'],
  salt: ['salt-'],
  triton: ['triton'],
  vagrant: ['vagrant', 'vagrant-'],
  virtualbox: ['virtualbox-'],
  vmware: ['vmware-'],
  vsphere: ['vsphere', 'vsphere-'],
};

/** Plugins that do not come from HashiCorp. */
const OWNERS: Readonly<Record<string, string>> = { parallels: 'Parallels' };

/** The `required_plugins` entries for component types, sorted; types that Packer has built in need none. */
export function requiredPlugins(types: Iterable<string>): { readonly name: string; readonly source: string }[] {
  const names = new Set<string>();
  for (const type of types) {
    const found = Object.entries(PLUGINS).find(([, components]) =>
      components.some(one => (one.endsWith('-') ? type.startsWith(one) : type === one)),
    );
    if (found) names.add(found[0]);
  }
  return [...names].sort().map(name => ({ name, source: `github.com/${OWNERS[name] ?? 'hashicorp'}/${name}` }));
}
