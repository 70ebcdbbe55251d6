import type {
  AccessOptions,
  AmiOptions,
  BlockDevice,
  Ec2CommunicatorOptions,
  KeyValue,
  NameValue,
  RunOptions,
} from '../options/index.ts';
import { mergePairs } from '../rules/key-values.ts';

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
    /** The name whose image, if there is one, is replaced. */
    readonly replacedName?: string | undefined;
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

export type LaunchOptions = AccessOptions &
  RunOptions &
  Ec2CommunicatorOptions & {
    readonly run_volume_tags?: Pairs | undefined;
    readonly run_volume_tag?: readonly (KeyValue | NameValue)[] | undefined;
  };

/** The settings that follow from a builder's options; what differs between builders is given apart. */
export function launchSettings(
  options: LaunchOptions,
  own: Pick<LaunchSettings, 'mappings' | 'image' | 'products'> & { readonly noEphemeral?: boolean },
): LaunchSettings {
  return {
    access: options,
    run: options,
    communicator: options,
    runTags: mergePairs(options.run_tags, options.run_tag),
    volumeTags: mergePairs(options.run_volume_tags, options.run_volume_tag),
    spotTags: mergePairs(options.spot_tags, options.spot_tag),
    fleetTags: mergePairs(options.fleet_tags, options.fleet_tag),
    noEphemeral: false,
    ...own,
  };
}

/** What the checks before the launch must know of an image that the build makes. */
export function imageChecks(options: Partial<AmiOptions>, replace: boolean, skipped = false): LaunchSettings['image'] {
  const mayBeTaken = replace || skipped || options.skip_save_build_region;
  return {
    ena_support: options.ena_support,
    sriov_support: options.sriov_support,
    ami_virtualization_type: options.ami_virtualization_type,
    regions: options.ami_regions ?? [],
    skipRegionValidation: options.skip_region_validation === true,
    freeName: mayBeTaken ? undefined : options.ami_name,
    replacedName: replace && !skipped && !options.skip_save_build_region ? options.ami_name : undefined,
    checkVpc: true,
    made: true,
  };
}
