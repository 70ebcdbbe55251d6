import { dataSource, type MadeDataSource } from '../../sdk/data-source.ts';
import type { OptionsOf } from '../../sdk/options.ts';
import { findSourceImage } from '../launch/source-image.ts';
import { accessOptions, coreOptions, imageFilterFields } from '../options/index.ts';
import { csvRow, isEmpty } from '../rules/key-values.ts';
import { tagMap } from '../tags.ts';
import { type DataSourceReach, reach } from './reach.ts';

/** Options of amazon-ami (reference: data-sources.json). */
export const amiOptions = { ...coreOptions, ...accessOptions, ...imageFilterFields } as const;

/** Finds an image as source_ami_filter does. */
export function amazonAmi(info: DataSourceReach): MadeDataSource {
  return dataSource<OptionsOf<typeof amiOptions>>({
    type: 'amazon-ami',
    schema: { options: amiOptions },
    outputs: {
      id: 'string',
      name: 'string',
      creation_date: 'string',
      owner: 'string',
      owner_name: 'string',
      tags: 'string-map',
    },
    check: ({ filters, owners }, report) => {
      if (isEmpty(filters) && isEmpty(owners))
        report(['filters'], 'missing-option', 'nothing says which image to look for', 'add filters, e.g. name');
      if (isEmpty(owners))
        report(
          ['owners'],
          'missing-owners',
          "nothing says who owns the image, so that anybody's would do",
          'add owners: account ids, "self" or "amazon"',
        );
      for (const [name, value] of Object.entries(filters ?? {}))
        if (!csvRow(value))
          report(
            ['filters', name],
            'bad-filter',
            `the filter "${name}" has no readable value: ${JSON.stringify(value)}`,
            'write one value, or several separated by commas',
          );
    },
    read: async options => {
      const { aws, signal } = await reach(options, info);
      const { image } = await findSourceImage(aws.ec2(), { source_ami_filter: options }, signal);
      return {
        id: image.ImageId,
        name: image.Name,
        creation_date: image.CreationDate,
        owner: image.OwnerId,
        owner_name: image.ImageOwnerAlias ?? '',
        tags: tagMap(image.Tags),
      };
    },
  });
}
