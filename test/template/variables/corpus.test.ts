import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { before, describe, it } from 'mocha';
import { createRenderer } from '../../../src/template/interpolate/index.ts';
import { RenderError } from '../../../src/template/model.ts';
import { resolveVariables } from '../../../src/template/variables/index.ts';
import { environment, inputsOf } from './inputs.ts';

const folder = fileURLToPath(new URL('../../../../shared/corpus/', import.meta.url));

interface Verdict {
  readonly file: string;
  readonly validate: { readonly exit: number; readonly vars: readonly string[]; readonly errors?: readonly string[] };
}

interface Plain {
  readonly variables?: Readonly<Record<string, string | null>>;
  readonly builders?: readonly { readonly type: string }[];
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [key, ...strings(member)]);
}

describe('public templates', () => {
  const entries: { verdict: Verdict; template: Plain }[] = [];

  before(function () {
    if (!existsSync(folder)) this.skip();
    const lines = readFileSync(`${folder}packer-1.6.6.ndjson`, 'utf8').trim().split('\n');
    for (const line of lines) {
      const verdict = JSON.parse(line) as Verdict;
      if (!verdict.file.startsWith('json/')) continue;
      try {
        entries.push({ verdict, template: JSON.parse(readFileSync(folder + verdict.file, 'utf8')) as Plain });
      } catch {
        // One is not JSON, on purpose.
      }
    }
  });

  it('resolve their variables where Packer does', async () => {
    assert.ok(entries.length > 80);
    for (const { verdict, template } of entries) {
      const variables = template.variables ?? {};
      // Packer stops earlier at values that are no strings.
      if (!Object.values(variables).every(value => value === null || typeof value === 'string')) continue;
      const given = Object.fromEntries(verdict.validate.vars.map(name => [name, 'x']));
      const { diagnostics } = await resolveVariables(inputsOf(variables, given), { ...environment, env: {} });
      const errors = diagnostics.filter(one => one.severity === 'error').map(one => one.message);
      assert.deepEqual(errors, [], verdict.file);
      // Without those values Packer asks for them, and so does kiln.
      if (verdict.validate.vars.length === 0) continue;
      const without = await resolveVariables(inputsOf(variables), { ...environment, env: {} });
      assert.ok(
        without.diagnostics.some(one => one.severity === 'error'),
        verdict.file,
      );
    }
  });

  it('have no template errors but those that Packer names', () => {
    const renderer = createRenderer({ ...environment, variables: new Map() });
    for (const { verdict, template } of entries) {
      const scope = { phase: 'prepare', buildName: 'x', buildType: 'amazon-ebs' } as const;
      const named = (verdict.validate.errors ?? []).join('\n');
      for (const text of strings(template)) {
        try {
          renderer.check(text, scope);
        } catch (error) {
          assert.ok(error instanceof RenderError);
          assert.ok(named.includes('not defined'), `${verdict.file}: ${text}: ${error.message}`);
        }
      }
    }
  });
});
