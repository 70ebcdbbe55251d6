import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { before, describe, it } from 'mocha';
import { catalog } from '../../src/catalog.ts';
import { pluginSchema } from '../../src/cli/template-schema.ts';
import { decodeOptions } from '../../src/sdk/decode.ts';
import type { Option, OptionSchema } from '../../src/sdk/options.ts';
import { parseJson } from '../../src/template/json/parse.ts';
import { readCorpus } from '../template/corpus.ts';

const ebs = {
  type: 'amazon-ebs',
  region: 'us-east-1',
  source_ami: 'ami-12345678',
  instance_type: 't3.micro',
  ssh_username: 'ubuntu',
  ami_name: 'web',
};

describe('kiln.schema.json, for editors', () => {
  let schema: object;
  let validate: ValidateFunction;

  before(() => {
    schema = JSON.parse(readFileSync(new URL('../../kiln.schema.json', import.meta.url), 'utf8'));
    // As editors read it: keywords that they do not know do no harm, but there should be none.
    validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(
      schema,
    );
  });

  const complaints = (document: unknown): string[] => {
    validate(document);
    return (validate.errors ?? []).map(one => `${one.instancePath} ${one.message}`);
  };

  it('is a schema of the 2020-12 dialect', () => {
    assert.equal((schema as { $schema?: string }).$schema, 'https://json-schema.org/draft/2020-12/schema');
    const ajv = new Ajv2020();
    assert.equal(ajv.validateSchema(schema), true, JSON.stringify(ajv.errors));
  });

  it('takes a template with "$schema", comments and all root keys', () => {
    const document = {
      $schema: './kiln.schema.json',
      _comment: 'c',
      description: 'd',
      min_packer_version: '1.6.0',
      variables: { a: null, b: 'x' },
      'sensitive-variables': ['a'],
      builders: [{ ...ebs, name: 'x', ebs_optimized: '{{user `b`}}', aws_polling: { delay_seconds: '5' } }],
      provisioners: [{ type: 'shell', inline: 'x', override: { x: {} }, pause_before: '5s', max_retries: 3 }],
      'error-cleanup-provisioner': { type: 'shell-local', inline: ['x'] },
      'post-processors': ['manifest', { type: 'checksum' }, ['artifice', { type: 'compress', only: ['x'] }]],
    };
    assert.deepEqual(complaints(document), []);
  });

  const wrong: readonly (readonly [string, object])[] = [
    ['an unknown root key', { builders: [ebs], provisioner: [] }],
    ['an unknown type', { builders: [{ type: 'amazon-esb' }] }],
    ['an unknown option', { builders: [{ ...ebs, instance_typ: 'x' }] }],
    ['a missing option', { builders: [{ type: 'file' }] }],
    ['a wrong type', { builders: [{ ...ebs, ebs_optimized: 'maybe' }] }],
    ['a value that is none of those allowed', { builders: [{ ...ebs, shutdown_behavior: 'explode' }] }],
    ['an unknown post-processor by name alone', { builders: [ebs], 'post-processors': ['manifst'] }],
  ];
  for (const [title, document] of wrong) it(`refuses ${title}`, () => assert.notDeepEqual(complaints(document), []));

  it('takes all public templates that Packer and kiln take', function () {
    const corpus = readCorpus();
    if (!corpus) return this.skip();
    const types = new Set<string>(
      (schema as { $defs: { builder: { properties: { type: { enum: string[] } } } } }).$defs.builder.properties.type
        .enum,
    );
    const valid = corpus.filter(
      ({ validate: { exit }, inspect }) => exit === 0 && inspect.builders.every(one => types.has(one.type)),
    );
    assert.ok(valid.length >= 30, String(valid.length));
    for (const { file, text } of valid) assert.deepEqual(complaints(JSON.parse(text.replace(/^\ufeff/, ''))), [], file);
  });

  const KINDS = [
    ['builders', 'builder', catalog.builders],
    ['provisioners', 'provisioner', catalog.provisioners],
    ['post-processors', 'post-processor', catalog.postProcessors],
  ] as const;

  async function plugins() {
    const all: {
      list: string;
      kind: 'builder' | 'provisioner' | 'post-processor';
      type: string;
      schema: OptionSchema;
    }[] = [];
    for (const [list, kind, entries] of KINDS)
      for (const [type, entry] of Object.entries(entries))
        all.push({ list, kind, type, schema: (await entry.load()).schema });
    return all;
  }

  it('has a valid schema of every type by itself, as `kiln schema TYPE` prints it', async () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
    for (const one of await plugins()) {
      const check = ajv.compile(pluginSchema(one));
      assert.equal(check({ type: one.type, no_such_option: 1 }), false, one.type);
    }
  });

  /** What validate says of one option's value, by itself: wrong, doubtful, or fine. */
  function decoded(name: string, option: Option, value: unknown): 'error' | 'warning' | 'fine' {
    const { root } = parseJson({ path: 't', text: JSON.stringify({ [name]: value }) });
    assert.ok(root?.kind === 'object');
    const { diagnostics } = decodeOptions({ options: { [name]: option } }, root, 'it');
    return diagnostics[0]?.severity ?? 'fine';
  }

  it('takes the values of options that validate takes, and no others, whatever their types', async function () {
    this.timeout(60_000);
    const values: unknown[] = ['x', '', 'true', '5', '-5', '1.5', '0x10', '5s', '-1m', ' true ', 'T', '1,2', 'a,b'];
    values.push(true, false, 5, -5, 1.5, 0, null, [], ['a'], [5], [true], ['a', 5], ['5'], [[5]], [['a']]);
    values.push({}, { a: 'b' }, { a: 5 }, { a: true }, { a: null }, { a: ['x'] }, [{ a: 'b' }], [{ a: [] }]);
    const differ: string[] = [];
    let compared = 0;
    for (const { list, type, schema: options } of await plugins()) {
      for (const [name, option] of Object.entries(options.options)) {
        if (option.internal || option.deprecated) continue;
        // Limits are looked at after decoding, and blocks have required members: there only what is no such value at all.
        const loose =
          option.allowed || option.pattern || option.min !== undefined || option.max !== undefined || option.fields;
        for (const value of values) {
          const verdict = decoded(name, { ...option, required: false }, value);
          if (verdict === 'warning' || (verdict === 'fine' && loose)) continue;
          validate({ builders: [ebs], [list]: [{ type, [name]: value }] });
          const place = `/${list}/0/${name}`;
          const refused = (validate.errors ?? []).some(
            ({ instancePath }) => instancePath === place || instancePath.startsWith(`${place}/`),
          );
          compared++;
          if (refused !== (verdict === 'error')) differ.push(`${type} ${name} ${JSON.stringify(value)}: ${verdict}`);
        }
      }
    }
    assert.ok(compared > 20_000, String(compared));
    assert.deepEqual(differ.slice(0, 20), []);
  });
});
