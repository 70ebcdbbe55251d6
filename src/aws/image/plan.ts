import type { OptionsOf } from '../../sdk/options.ts';
import type { PrepareContext } from '../../sdk/plugin.ts';
import type {
  AmiOptions,
  BlockDevice,
  FastLaunchOptions,
  imageExtraOptions,
  SnapshotOptions,
} from '../options/index.ts';
import { checkAmi, checkBlockDevices, checkFastLaunch, mergePairs, wantsFastLaunch } from '../rules/index.ts';

type Pairs = Readonly<Record<string, string>>;

export type ImageOptions = Partial<AmiOptions> &
  SnapshotOptions &
  OptionsOf<typeof imageExtraOptions> & {
    readonly ami_block_device_mappings?: readonly BlockDevice[] | undefined;
    readonly skip_ami_run_tags?: boolean | undefined;
    readonly fast_launch?: FastLaunchOptions | undefined;
  };

/** An image to be made, checked: what the `ami` post-processor acts on. */
export interface ImagePlan {
  readonly kind: 'image-plan';
  readonly name: string;
  readonly options: ImageOptions;
  /** As written: rendered when the image is made. */
  readonly tags: Pairs;
  readonly snapshotTags: Pairs;
  readonly mappings: readonly BlockDevice[];
  /** Images of the same name are replaced. */
  readonly replace: boolean;
  readonly fastLaunch: FastLaunchOptions | undefined;
  /** The builder has checked name and regions against the account before it launched. */
  readonly prevalidated: boolean;
  /** Packer's name for the maker of the artifact, when it is not amazon-ebs. */
  readonly builderId?: string;
}

export interface PlanTraits {
  readonly builderId?: string;
  /** The region the image is made in, when it is known already. */
  readonly buildRegion: string | undefined;
  readonly prevalidated: boolean;
}

/** Checks the options of an image and gives the plan; complaints go to the context. */
export function planImage(options: ImageOptions, traits: PlanTraits, context: PrepareContext): ImagePlan {
  checkAmi(options, context);
  checkBlockDevices(options.ami_block_device_mappings, 'ami_block_device_mappings', context);
  checkFastLaunch(options.fast_launch, { build: traits.buildRegion, copies: options.ami_regions ?? [] }, context);
  return {
    kind: 'image-plan',
    name: options.ami_name ?? '',
    options,
    tags: mergePairs(options.tags, options.tag),
    snapshotTags: mergePairs(options.snapshot_tags, options.snapshot_tag),
    mappings: options.ami_block_device_mappings ?? [],
    replace: options.force_deregister === true || context.build.force,
    fastLaunch: wantsFastLaunch(options.fast_launch) ? options.fast_launch : undefined,
    prevalidated: traits.prevalidated,
    ...(traits.builderId && { builderId: traits.builderId }),
  };
}

export function isImagePlan(value: unknown): value is ImagePlan {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'image-plan';
}
