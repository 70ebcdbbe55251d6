import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { before, describe, it } from 'mocha';
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
});
