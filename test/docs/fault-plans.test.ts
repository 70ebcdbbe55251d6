import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, it } from 'mocha';
import { FAULT_FIELDS, FAULT_PLANS, readFaultPlan } from '../../src/local-ec2/faults/index.ts';
import { parseJson } from '../../src/template/json/parse.ts';

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('docs/fault-plans.md', () => {
  const page = read('fault-plans.md');

  it('lists the plans that ship, each with what it plays', () => {
    const shipped = page.slice(page.indexOf('## The plans that ship'), page.indexOf('## A plan of your own'));
    assert.deepEqual(
      [...shipped.matchAll(/^\| `([a-z-]+)` \| (.+?) \| .{20,} \|$/gm)].map(([, name, text]) => [name, text]),
      Object.entries(FAULT_PLANS).map(([name, { description }]) => [name, description]),
    );
  });

  it('has a chapter for every kind', () => {
    assert.deepEqual(
      [...page.matchAll(/^### ([a-z-]+)$/gm)].map(match => match[1]),
      Object.keys(FAULT_FIELDS),
    );
  });

  it('shows a plan that kiln and the JSON Schema beside it accept', () => {
    const [, text = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    const { root } = parseJson({ path: 'plan.json', text });
    assert.ok(root);
    assert.deepEqual(readFaultPlan(root).diagnostics, []);
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(read('fault-plan.schema.json')));
    assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
  });
});
