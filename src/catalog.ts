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
    'amazon-ebs': entry(
      () => import('../builders/amazon-ebs/index.ts'),
      () => import('#validators/builder-amazon-ebs'),
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
  provisioners: {},
  postProcessors: {},
};
