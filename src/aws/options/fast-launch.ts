import { type OptionsOf, option } from '../../sdk/options.ts';

const regionTemplateFields = {
  region: option.string({ note: 'Region the entry is for.', required: true }),
  enable_fast_launch: option.tri({ note: 'False leaves this region out.' }),
  template_id: option.string({ note: 'Launch template, by id.' }),
  template_name: option.string({ note: 'Launch template, by name.' }),
  template_version: option.integer({ note: 'Version of the launch template; the latest when 0.' }),
} as const;

const fastLaunchFields = {
  enable_fast_launch: option.boolean({ note: 'Switch fast launch on; any other field does so too.', default: false }),
  template_id: option.string({ note: 'Launch template of the build region, by id.' }),
  template_name: option.string({ note: 'Launch template of the build region, by name.' }),
  template_version: option.integer({ note: 'Version of the launch template; the latest when 0.' }),
  region_launch_templates: option.blocks(regionTemplateFields, { note: 'Launch templates of other regions.' }),
  max_parallel_launches: option.integer({ note: 'Instances launched at a time to prepare snapshots; at least 6.' }),
  target_resource_count: option.integer({ note: 'Prepared snapshots to keep; AWS keeps 5 by default.' }),
} as const;

/** Pre-provisioned snapshots for Windows images. */
export const fastLaunchOptions = {
  fast_launch: option.block(fastLaunchFields, { note: 'Windows fast launch.' }),
} as const;

export type FastLaunchOptions = OptionsOf<typeof fastLaunchFields>;
