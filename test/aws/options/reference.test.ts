import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'mocha';
import { ebsOptions } from '../../../builders/amazon-ebs/schema.ts';
import { accessOptions, bootOptions, imageExtraOptions } from '../../../src/aws/options/index.ts';
import type { Option, OptionTable } from '../../../src/sdk/options.ts';

interface Fact {
  readonly name: string;
  readonly type: string;
  readonly group?: string;
  readonly tri?: boolean;
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
  'map(string)': 'map',
  block: 'block',
  'list(block)': 'blocks',
};
/** Defaults that kiln sets otherwise on purpose. */
const OTHER_DEFAULTS = new Set(['temporary_key_pair_type']);

describe('option tables of the Amazon builders against the reference', () => {
  let common: Facts;
  let ebs: Facts;

  before(function () {
    if (!existsSync(folder)) this.skip();
    common = JSON.parse(readFileSync(join(folder, 'common.json'), 'utf8')) as Facts;
    ebs = JSON.parse(readFileSync(join(folder, 'amazon-ebs.json'), 'utf8')) as Facts;
  });

  const wanted = (): readonly Fact[] => {
    const groups = new Set(ebs.includes?.map(one => one.replace('common:', '')));
    return [...common.options.filter(one => groups.has(one.group ?? '')), ...ebs.options];
  };

  const compare = (facts: readonly Fact[], table: OptionTable, where: string): void => {
    for (const fact of facts) {
      const option: Option | undefined = table[fact.name];
      assert.ok(option, `${where}${fact.name} is missing`);
      const type = fact.tri ? 'tri' : TYPES[fact.type];
      if (type && option.type !== 'any') assert.equal(option.type, type, `${where}${fact.name}`);
      if (fact.env) assert.deepEqual(option.env, fact.env, `${where}${fact.name}`);
      if (fact.default !== null && fact.default !== undefined && !OTHER_DEFAULTS.has(fact.name)) {
        assert.deepEqual(option.default, fact.default, `${where}${fact.name}`);
      }
      const block = fact.fields_ref?.replace('common:blocks.', '');
      const fields = [...(fact.fields ?? []), ...(block ? (common.blocks?.[block] ?? []) : [])];
      if (fields.length > 0) compare(fields, option.fields ?? {}, `${where}${fact.name}.`);
    }
  };

  it('amazon-ebs has exactly the 156 options, besides what kiln adds', () => {
    const names = wanted().map(one => one.name);
    assert.equal(names.length, 156);
    const own = Object.keys(ebsOptions).filter(name => !(name in imageExtraOptions));
    assert.deepEqual([...own].sort(), [...names].sort());
  });

  it('types, defaults, environment variables and nested options agree', () => {
    compare(wanted(), ebsOptions, '');
    compare(
      common.options.filter(one => one.group === 'boot'),
      bootOptions,
      '',
    );
  });

  it('the same options are rendered late', () => {
    const late = Object.entries<Option>(ebsOptions).filter(([, option]) => option.late);
    assert.deepEqual(late.map(([name]) => name).sort(), [...(ebs.late_rendered ?? [])].sort());
  });
});

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
    check(ebsOptions);
  });
});
