import { catalog } from '../../catalog.ts';
import { KilnError } from '../../sdk/errors.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import type { Io } from '../io.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { type NamedSchema, pluginSchema, templateSchema } from '../template-schema.ts';

export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [wanted, ...more] = args.positionals;
  if (more.length > 0) throw new UsageError('schema takes one type, or none for whole templates');
  const all = await allSchemas();
  const schema = wanted === undefined ? templateSchema(all) : oneOrSeveral(all, wanted);
  io.out(`${JSON.stringify(schema, null, 2)}\n`);
  return 0;
}

async function allSchemas(): Promise<NamedSchema[]> {
  const kinds = [
    ['builder', catalog.builders],
    ['provisioner', catalog.provisioners],
    ['post-processor', catalog.postProcessors],
  ] as const;
  return Promise.all(
    kinds.flatMap(([kind, entries]) =>
      Object.entries(entries).map(async ([type, entry]) => ({ kind, type, schema: (await entry.load()).schema })),
    ),
  );
}

/** `file` is a builder and a provisioner: `builder/file` tells them apart, else both are given. */
function oneOrSeveral(all: readonly NamedSchema[], wanted: string): unknown {
  const matches = all.filter(one => one.type === wanted || `${one.kind}/${one.type}` === wanted);
  const [first] = matches;
  if (!first) {
    const names = all.flatMap(one => (wanted.includes('/') ? [`${one.kind}/${one.type}`] : [one.type]));
    throw new KilnError(`there is no type "${wanted}"`, {
      hint: didYouMean(wanted, names).hint ?? listOf(all, wanted.split('/')[0]),
      code: 'unknown-type',
    });
  }
  return matches.length === 1
    ? pluginSchema(first)
    : Object.fromEntries(matches.map(one => [one.kind, pluginSchema(one)]));
}

/** The types of one kind, of all when it is none. */
function listOf(all: readonly NamedSchema[], kind: string | undefined): string {
  const kinds = [...new Set(all.map(one => one.kind))];
  return kinds
    .filter(one => one === kind || !kinds.some(other => other === kind))
    .map(one => `${one}s: ${all.flatMap(({ kind: of, type }) => (of === one ? [type] : [])).join(', ')}`)
    .join('; ');
}
