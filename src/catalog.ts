import type { Catalog, CatalogEntry, CompiledValidator } from './sdk/catalog.ts';

/** A plugin module and its compiled validator, both imported only when a template names the type. */
function entry<P>(
  load: () => Promise<{ readonly plugin: P }>,
  validator: () => Promise<{ readonly default: CompiledValidator }>,
): CatalogEntry<P> {
  return { load: async () => (await load()).plugin, validator: async () => (await validator()).default };
}

/** The only list of plugin type names. */
export const catalog: Catalog = {
  builders: {
    'amazon-chroot': entry(
      () => import('../builders/amazon-chroot/index.ts'),
      () => import('#validators/builder-amazon-chroot'),
    ),
    'amazon-ebs': entry(
      () => import('../builders/amazon-ebs/index.ts'),
      () => import('#validators/builder-amazon-ebs'),
    ),
    'amazon-ebssurrogate': entry(
      () => import('../builders/amazon-ebssurrogate/index.ts'),
      () => import('#validators/builder-amazon-ebssurrogate'),
    ),
    'amazon-ebsvolume': entry(
      () => import('../builders/amazon-ebsvolume/index.ts'),
      () => import('#validators/builder-amazon-ebsvolume'),
    ),
    'amazon-instance': entry(
      () => import('../builders/amazon-instance/index.ts'),
      () => import('#validators/builder-amazon-instance'),
    ),
    file: entry(
      () => import('../builders/file/index.ts'),
      () => import('#validators/builder-file'),
    ),
    null: entry(
      () => import('../builders/null/index.ts'),
      () => import('#validators/builder-null'),
    ),
  },
  provisioners: {
    ansible: entry(
      () => import('../provisioners/ansible/index.ts'),
      () => import('#validators/provisioner-ansible'),
    ),
    'ansible-local': entry(
      () => import('../provisioners/ansible-local/index.ts'),
      () => import('#validators/provisioner-ansible-local'),
    ),
    breakpoint: entry(
      () => import('../provisioners/breakpoint/index.ts'),
      () => import('#validators/provisioner-breakpoint'),
    ),
    'chef-client': entry(
      () => import('../provisioners/chef-client/index.ts'),
      () => import('#validators/provisioner-chef-client'),
    ),
    'chef-solo': entry(
      () => import('../provisioners/chef-solo/index.ts'),
      () => import('#validators/provisioner-chef-solo'),
    ),
    file: entry(
      () => import('../provisioners/file/index.ts'),
      () => import('#validators/provisioner-file'),
    ),
    'hcp-sbom': entry(
      () => import('../provisioners/hcp-sbom/index.ts'),
      () => import('#validators/provisioner-hcp-sbom'),
    ),
    inspec: entry(
      () => import('../provisioners/inspec/index.ts'),
      () => import('#validators/provisioner-inspec'),
    ),
    powershell: entry(
      () => import('../provisioners/powershell/index.ts'),
      () => import('#validators/provisioner-powershell'),
    ),
    'puppet-masterless': entry(
      () => import('../provisioners/puppet-masterless/index.ts'),
      () => import('#validators/provisioner-puppet-masterless'),
    ),
    'puppet-server': entry(
      () => import('../provisioners/puppet-server/index.ts'),
      () => import('#validators/provisioner-puppet-server'),
    ),
    'salt-masterless': entry(
      () => import('../provisioners/salt-masterless/index.ts'),
      () => import('#validators/provisioner-salt-masterless'),
    ),
    shell: entry(
      () => import('../provisioners/shell/index.ts'),
      () => import('#validators/provisioner-shell'),
    ),
    'shell-local': entry(
      () => import('../provisioners/shell-local/index.ts'),
      () => import('#validators/provisioner-shell-local'),
    ),
    sleep: entry(
      () => import('../provisioners/sleep/index.ts'),
      () => import('#validators/provisioner-sleep'),
    ),
    'windows-restart': entry(
      () => import('../provisioners/windows-restart/index.ts'),
      () => import('#validators/provisioner-windows-restart'),
    ),
    'windows-shell': entry(
      () => import('../provisioners/windows-shell/index.ts'),
      () => import('#validators/provisioner-windows-shell'),
    ),
  },
  postProcessors: {
    'amazon-import': entry(
      () => import('../post-processors/amazon-import/index.ts'),
      () => import('#validators/post-processor-amazon-import'),
    ),
    ami: entry(
      () => import('../post-processors/ami/index.ts'),
      () => import('#validators/post-processor-ami'),
    ),
    artifice: entry(
      () => import('../post-processors/artifice/index.ts'),
      () => import('#validators/post-processor-artifice'),
    ),
    checksum: entry(
      () => import('../post-processors/checksum/index.ts'),
      () => import('#validators/post-processor-checksum'),
    ),
    compress: entry(
      () => import('../post-processors/compress/index.ts'),
      () => import('#validators/post-processor-compress'),
    ),
    manifest: entry(
      () => import('../post-processors/manifest/index.ts'),
      () => import('#validators/post-processor-manifest'),
    ),
    'shell-local': entry(
      () => import('../post-processors/shell-local/index.ts'),
      () => import('#validators/post-processor-shell-local'),
    ),
    vagrant: entry(
      () => import('../post-processors/vagrant/index.ts'),
      () => import('#validators/post-processor-vagrant'),
    ),
    'vagrant-cloud': entry(
      () => import('../post-processors/vagrant-cloud/index.ts'),
      () => import('#validators/post-processor-vagrant-cloud'),
    ),
  },
};
