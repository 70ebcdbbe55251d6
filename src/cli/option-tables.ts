import { catalog } from '../catalog.ts';
import type { OptionTable } from '../sdk/options.ts';
import type { SourceFile } from '../sdk/source.ts';
import { componentTypes, type UpgradeOptions } from '../template/upgrade/index.ts';

/** The options of the components that a JSON template has, as far as they are built in. */
export async function optionTables(source: SourceFile): Promise<Pick<UpgradeOptions, 'tableOf' | 'amazonAmi'>> {
  const entries = {
    builder: catalog.builders,
    provisioner: catalog.provisioners,
    'post-processor': catalog.postProcessors,
  };
  const tables = new Map<string, OptionTable>();
  for (const [kind, type] of componentTypes(source)) {
    const known = entries[kind];
    const entry = Object.hasOwn(known, type) ? known[type] : undefined;
    if (entry) tables.set(`${kind} ${type}`, (await entry.load()).schema.options);
  }
  const { amiOptions } = await import('../aws/data-sources/ami.ts');
  return { tableOf: (kind, type) => tables.get(`${kind} ${type}`), amazonAmi: amiOptions };
}
