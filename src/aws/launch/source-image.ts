import { KilnError } from '../../sdk/errors.ts';
import type { Ec2 } from '../client/index.ts';
import type { FilterOptions, ImageFilterOptions } from '../options/index.ts';
import { isKind } from '../policy/aws-error.ts';
import { csvRow, mergePairs } from '../rules/key-values.ts';
import { sharedCalls } from '../shared-calls.ts';
import { tagMap } from '../tags.ts';
import type { Filter, Image } from '../types.ts';

/** The image a build starts from. */
export interface SourceImage {
  readonly id: string;
  readonly image: Image;
  /** `{{ .SourceAMI }}` and its like, for values rendered while the build runs (reference: name-rules.md). */
  readonly renderData: Readonly<Record<string, unknown>>;
  /** The same for provisioners and post-processors, without the tags. */
  readonly buildData: Readonly<Record<string, string>>;
}

export interface SourceOptions {
  readonly source_ami?: string | undefined;
  readonly source_ami_filter?: ImageFilterOptions | undefined;
}

/** Finds the one image that source_ami and source_ami_filter describe. Throws KilnError when there is none or several. */
export async function findSourceImage(ec2: Ec2, options: SourceOptions, signal: AbortSignal): Promise<SourceImage> {
  const filter = options.source_ami_filter;
  const filters = filterList(filter);
  let images: readonly Image[];
  try {
    images = await sharedCalls(ec2).images(
      {
        ...(options.source_ami && { ImageIds: [options.source_ami] }),
        ...(filters.length > 0 && { Filters: filters }),
        ...(filter?.owners?.length && { Owners: [...filter.owners] }),
        ...(filter?.include_deprecated && { IncludeDeprecated: true }),
      },
      signal,
    );
  } catch (error) {
    if (!isKind(error, 'not-found') && !(isKind(error, 'final') && error.awsCode === 'InvalidAMIID.Malformed'))
      throw error;
    images = [];
  }
  return sourceImage(ec2.region, choose(images, options, ec2.region));
}

function choose(images: readonly Image[], options: SourceOptions, region: string): Image {
  const newest = [...images].sort((a, b) => Date.parse(b.CreationDate ?? '') - Date.parse(a.CreationDate ?? ''));
  const [first, ...others] = newest;
  if (!first) {
    const missing = options.source_ami
      ? `source_ami ${options.source_ami} does not exist in ${region}, or may not be used by this account`
      : `no image in ${region} that this account may use matches source_ami_filter`;
    throw new KilnError(missing, {
      hint: options.source_ami
        ? 'image ids differ from region to region: check the id and the region'
        : 'check filters, owners and the region; deprecated images need include_deprecated',
      code: 'source-image-not-found',
    });
  }
  if (others.length > 0 && !options.source_ami_filter?.most_recent) {
    const some = newest.slice(0, 3).map(image => `${image.ImageId} "${image.Name ?? ''}"`);
    throw new KilnError(`source_ami_filter matches ${newest.length} images in ${region}, e.g. ${some.join(', ')}`, {
      hint: 'set most_recent to true to take the newest, or narrow the filters',
      code: 'source-image-ambiguous',
    });
  }
  return first;
}

function sourceImage(region: string, image: Image): SourceImage {
  const buildData = {
    BuildRegion: region,
    SourceAMI: image.ImageId ?? '',
    SourceAMIName: image.Name ?? '',
    SourceAMICreationDate: image.CreationDate ?? '',
    SourceAMIOwner: image.OwnerId ?? '',
    SourceAMIOwnerName: image.ImageOwnerAlias ?? '',
  };
  return {
    id: image.ImageId ?? '',
    image,
    buildData,
    renderData: { ...buildData, SourceAMITags: tagMap(image.Tags) },
  };
}

/** EC2's filters of a filter block. Each value is one row of CSV; malformed ones were refused before. */
export function filterList(options: (FilterOptions | ImageFilterOptions) | undefined): Filter[] {
  const blocks = options && 'filter' in options ? options.filter : undefined;
  return Object.entries(mergePairs(options?.filters, blocks)).map(([Name, value]) => ({
    Name,
    Values: [...(csvRow(value) ?? [value])],
  }));
}
