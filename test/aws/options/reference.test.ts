import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'mocha';
import { chrootOptions } from '../../../builders/amazon-chroot/schema.ts';
import { ebsOptions } from '../../../builders/amazon-ebs/schema.ts';
import { surrogateOptions } from '../../../builders/amazon-ebssurrogate/schema.ts';
import { ebsVolumeOptions } from '../../../builders/amazon-ebsvolume/schema.ts';
import { instanceOptions } from '../../../builders/amazon-instance/schema.ts';
import { accessOptions, imageExtraOptions, runExtraOptions } from '../../../src/aws/options/index.ts';
import type { Option, OptionTable } from '../../../src/sdk/options.ts';

interface Fact {
  readonly name: string;
  readonly type: string;
  readonly group?: string;
  readonly tri?: boolean;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly env?: readonly string[];
  readonly fields?: readonly Fact[];
  readonly fields_ref?: string;
}
interface Facts {
  readonly options: readonly Fact[];
  readonly includes?: readonly string[];
  readonly late_rendered?: readonly string[];
  readonly blocks?: Readonly<Record<string, readonly Fact[]>>;
}

const folder = resolve(import.meta.dirname, '../../../../shared/reference/amazon');
const TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'boolean',
  int: 'integer',
  duration: 'duration',
  'list(string)': 'strings',
  'list(list(string))': 'string-lists',
  'map(string)': 'map',
  block: 'block',
  'list(block)': 'blocks',
};
/** Defaults that kiln sets otherwise on purpose. */
const OTHER_DEFAULTS = new Set(['temporary_key_pair_type']);

/** Late in kiln though Packer renders them early, where the source image's data are not known yet. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  'amazon-instance': ['run_tag', 'tag', 'snapshot_tag', 'spot_tag'],
};

const BUILDERS: readonly (readonly [string, OptionTable, number])[] = [
  ['amazon-ebs', ebsOptions, 156],
  ['amazon-ebssurrogate', surrogateOptions, 160],
  ['amazon-ebsvolume', ebsVolumeOptions, 125],
  ['amazon-chroot', chrootOptions, 77],
  ['amazon-instance', instanceOptions, 160],
];

for (const [type, table, count] of BUILDERS) {
  describe(`the options of ${type} against the reference`, () => {
    let common: Facts;
    let own: Facts;

    before(function () {
      if (!existsSync(folder)) this.skip();
      common = JSON.parse(readFileSync(join(folder, 'common.json'), 'utf8')) as Facts;
      own = JSON.parse(readFileSync(join(folder, `${type}.json`), 'utf8')) as Facts;
    });

    /** A builder's own facts take the place of the shared ones of that name. */
    const wanted = (): readonly Fact[] => {
      const groups = new Set(own.includes?.map(one => one.replace('common:', '')));
      const shared = common.options.filter(one => groups.has(one.group ?? ''));
      return [...shared.filter(one => !own.options.some(mine => mine.name === one.name)), ...own.options];
    };

    const compare = (facts: readonly Fact[], options: OptionTable, where: string): void => {
      for (const fact of facts) {
        const option: Option | undefined = options[fact.name];
        assert.ok(option, `${where}${fact.name} is missing`);
        const wantedType = fact.tri ? 'tri' : TYPES[fact.type];
        if (wantedType && option.type !== 'any') assert.equal(option.type, wantedType, `${where}${fact.name}`);
        if (fact.env) assert.deepEqual(option.env, fact.env, `${where}${fact.name}`);
        if (fact.required && fact.name !== 'device_name') assert.equal(option.required, true, `${where}${fact.name}`);
        if (fact.default !== null && fact.default !== undefined && !OTHER_DEFAULTS.has(fact.name)) {
          assert.deepEqual(option.default, fact.default, `${where}${fact.name}`);
        }
        const block = fact.fields_ref?.replace('common:blocks.', '');
        const fields = [...(fact.fields ?? []), ...(block ? (common.blocks?.[block] ?? []) : [])];
        if (fields.length > 0) {
          compare(fields, option.fields ?? {}, `${where}${fact.name}.`);
          const names = fields.map(one => one.name).sort();
          assert.deepEqual(Object.keys(option.fields ?? {}).sort(), names, `${where}${fact.name}`);
        }
      }
    };

    it(`has exactly the ${count} options, besides what kiln adds`, () => {
      const names = wanted().map(one => one.name);
      assert.equal(names.length, count);
      const known = Object.keys(table).filter(name => !(name in imageExtraOptions || name in runExtraOptions));
      assert.deepEqual(known.sort(), [...names].sort());
    });

    it('types, defaults, environment variables and nested options agree', () => compare(wanted(), table, ''));

    it('the same options are rendered late', () => {
      const late = Object.entries<Option>(table).filter(([, option]) => option.late);
      const facts = (own.late_rendered ?? []).filter(name => name in table);
      assert.deepEqual(late.map(([name]) => name).sort(), [...facts, ...(LATER[type] ?? [])].sort());
    });
  });
}

describe('option tables of the Amazon builders', () => {
  it('mask credentials', () => {
    for (const name of ['access_key', 'secret_key', 'token'] as const) assert.equal(accessOptions[name].secret, true);
  });

  it('give every option a note', () => {
    const check = (table: OptionTable): void => {
      for (const [name, option] of Object.entries(table)) {
        assert.ok(option.note.length > 3, name);
        if (option.fields) check(option.fields);
      }
    };
    for (const [, table] of BUILDERS) check(table);
  });
});
