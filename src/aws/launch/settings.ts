import type { AccessOptions, AmiOptions, BlockDevice, Ec2CommunicatorOptions, RunOptions } from '../options/index.ts';

type Pairs = Readonly<Record<string, string>>;

/** What the builders that launch a source instance hand to the launch: checked options, blocks merged into maps. */
export interface LaunchSettings {
  readonly access: AccessOptions;
  readonly run: RunOptions;
  readonly communicator: Ec2CommunicatorOptions;
  /** Volumes of the instance. */
  readonly mappings: readonly BlockDevice[];
  /** Tag maps as written: rendered when the build runs. */
  readonly runTags: Pairs;
  readonly volumeTags: Pairs;
  readonly spotTags: Pairs;
  readonly fleetTags: Pairs;
  /** Options of the image to come that matter to the checks before the launch. */
  readonly image: Pick<AmiOptions, 'ena_support' | 'sriov_support' | 'ami_virtualization_type'> & {
    /** Regions that must exist besides the build region. */
    readonly regions: readonly string[];
    readonly skipRegionValidation: boolean;
    /** The name that must be free; undefined when it may be taken. */
    readonly freeName: string | undefined;
    /** Check that a VPC without a subnet is the default one (Packer does so in the same step as the name). */
    readonly checkVpc: boolean;
    /** False: the build makes no image at all, so name and regions do not matter. */
    readonly made: boolean;
    /** The root of the source image may lie in an instance store. */
    readonly anyRootDevice?: boolean;
  };
  /** Devices of `mappings` whose volumes are what the build makes: they go only with a build that fails. */
  readonly products?: readonly string[];
  /** Windows: map the ephemeral drives to nothing. */
  readonly noEphemeral: boolean;
}
