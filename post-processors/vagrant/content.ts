import type { Artifact } from '../../src/sdk/artifact.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import type { SupportedProvider } from './providers.ts';

/** What a provider puts into its boxes. */
export interface BoxContent {
  /** The provider's part of the Vagrantfile; empty when it needs none. */
  readonly vagrantfile: string;
  /** Files of the artifact that go into the box. */
  readonly files: readonly string[];
}

export function boxContent(provider: SupportedProvider, artifact: Artifact): BoxContent {
  switch (provider) {
    case 'aws':
      return { vagrantfile: awsVagrantfile(regionImages(artifact.id)), files: [] };
    case 'docker':
      return { vagrantfile: dockerVagrantfile(artifact.id), files: [] };
    case 'file':
      return { vagrantfile: '', files: artifact.files };
  }
}

/** The images of an id such as `eu-west-1:ami-1,us-east-1:ami-2`, sorted by region. Throws KilnError. */
export function regionImages(id: string): readonly (readonly [region: string, image: string])[] {
  const pairs = id.split(',').map(part => part.split(':'));
  const images = pairs.map(([region, image, ...rest]): readonly [string, string] => {
    if (!region || !image || rest.length > 0)
      throw new KilnError(`Poorly formatted artifact ID: "${id}" is no list of REGION:AMI`, {
        hint: 'a box for aws is made from the images of an Amazon builder',
      });
    return [region, image];
  });
  return images.sort(([a], [b]) => (a < b ? -1 : 1));
}

function awsVagrantfile(images: readonly (readonly [string, string])[]): string {
  const statements = images.map(([region, image]) => `    aws.region_config ${ruby(region)}, ami: ${ruby(image)}\n`);
  return `Vagrant.configure("2") do |config|\n  config.vm.provider "aws" do |aws|\n${statements.join('')}  end\nend\n`;
}

function dockerVagrantfile(image: string): string {
  return `Vagrant.configure("2") do |config|\n  config.vm.provider "docker" do |docker|\n    docker.image = ${ruby(image)}\n  end\nend\n`;
}

/** A Ruby string: a backslash, a quote or a # (which may begin an interpolation) is escaped. */
function ruby(text: string): string {
  return `"${text.replace(/[\\"#]/g, '\\$&')}"`;
}
