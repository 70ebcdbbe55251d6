/** Packer's plugins whose components kiln has built in, by the last two parts of their source address. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  'hashicorp/amazon': [
    'amazon-ebs',
    'amazon-ebssurrogate',
    'amazon-ebsvolume',
    'amazon-chroot',
    'amazon-instance',
    'amazon-import',
    'amazon-ami',
    'amazon-secretsmanager',
    'amazon-parameterstore',
  ],
  'hashicorp/vagrant': ['vagrant', 'vagrant-cloud'],
  'hashicorp/ansible': ['ansible', 'ansible-local'],
  'hashicorp/puppet': ['puppet-masterless', 'puppet-server'],
  'hashicorp/chef': ['chef-solo', 'chef-client'],
  'hashicorp/salt': ['salt-masterless'],
  'hashicorp/inspec': ['inspec'],
};

/** The components that stand in for a plugin, e.g. of `github.com/hashicorp/amazon`; undefined when it is not built in. */
export function builtInPlugins(source: string): readonly string[] | undefined {
  const [host, ...rest] = source.split('/');
  return host === 'github.com' ? BUILT_IN[rest.join('/')] : undefined;
}

/** All of them, for `kiln plugins`. */
export const builtInSources: readonly string[] = Object.keys(BUILT_IN).map(name => `github.com/${name}`);
