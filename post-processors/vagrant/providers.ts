export interface Provider {
  /** What the box's metadata.json calls it. */
  readonly metadata: string;
  /** Whether the artifact is kept, and cannot be given up: the box of a cloud provider only points at it. */
  readonly keepsArtifact: boolean;
}

const cloud = (metadata: string): Provider => ({ metadata, keepsArtifact: true });
const local = (metadata: string): Provider => ({ metadata, keepsArtifact: false });

/** Vagrant's providers by the name Packer uses. Facts: Packer's vagrant plugin 1.1.7. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  aws: cloud('aws'),
  azure: cloud('azure'),
  digitalocean: cloud('digital_ocean'),
  docker: local('docker'),
  file: local('file'),
  google: cloud('google'),
  hyperv: local('hyperv'),
  libvirt: local('libvirt'),
  lxc: local('lxc'),
  parallels: local('parallels'),
  scaleway: cloud('scaleway'),
  virtualbox: local('virtualbox'),
  vmware: local('vmware_desktop'),
};

/** Providers whose boxes kiln can make: those of artifacts that kiln's own builders can give. */
export const SUPPORTED = ['aws', 'docker', 'file'] as const;
export type SupportedProvider = (typeof SUPPORTED)[number];

export function isSupported(provider: string): provider is SupportedProvider {
  return (SUPPORTED as readonly string[]).includes(provider);
}

const PROVIDER_OF_BUILDER: Readonly<Record<string, string>> = {
  'mitchellh.amazonebs': 'aws',
  'mitchellh.amazon.instance': 'aws',
  'mitchellh.virtualbox': 'virtualbox',
  'mitchellh.vmware': 'vmware',
  'mitchellh.vmware-esx': 'vmware',
  'vmware.desktop': 'vmware',
  'pearkes.digitalocean': 'digitalocean',
  'packer.googlecompute': 'google',
  'hashicorp.scaleway': 'scaleway',
  'packer.parallels': 'parallels',
  'MSOpenTech.hyperv': 'hyperv',
  'transcend.qemu': 'libvirt',
  'ustream.lxc': 'lxc',
  'Azure.ResourceManagement.VMImage': 'azure',
  'packer.post-processor.docker-import': 'docker',
  'packer.post-processor.docker-tag': 'docker',
  'packer.post-processor.docker-push': 'docker',
  'packer.file': 'file',
};

/** The provider that fits the artifacts of a builder; undefined when none does. */
export function providerOf(builderId: string): string | undefined {
  return PROVIDER_OF_BUILDER[builderId];
}

/** The running host's architecture in Go's names, which Vagrant uses too, save that 386 is i386. */
export function hostArchitecture(): string {
  const names: Partial<Record<NodeJS.Architecture, string>> = {
    x64: 'amd64',
    ia32: 'i386',
    mipsel: 'mipsle',
    ppc64: 'ppc64le',
  };
  return names[process.arch] ?? process.arch;
}
