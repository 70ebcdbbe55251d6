import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { inspectJson } from '../../../src/template/json/inspect.ts';
import { readCorpus } from '../corpus.ts';

describe('template/json: inspect', () => {
  it('tells what a template declares, as written', () => {
    const text = `{
      "description": "d",
      "variables": {"z": "{{timestamp}}", "a": null, "s": "secret", "same": "secret", "e": ""},
      "sensitive-variables": ["s", "e"],
      "builders": [{"type": "null", "name": "{{user \`z\`}}"}, {"type": "amazon-ebs"}],
      "provisioners": [{"type": "shell"}, {"type": "file"}],
      "post-processors": ["a", [{"type": "b", "name": "n"}, "c"]]
    }`;
    assert.deepEqual(inspectJson({ path: 't.json', text }), {
      inspection: {
        description: 'd',
        variables: [
          { name: 'a', required: true, sensitive: false },
          { name: 'e', default: '', required: false, sensitive: true },
          { name: 's', default: 'secret', required: false, sensitive: true },
          { name: 'same', default: 'secret', required: false, sensitive: true },
          { name: 'z', default: '{{timestamp}}', required: false, sensitive: false },
        ],
        builders: [
          { name: 'amazon-ebs', type: 'amazon-ebs' },
          { name: '{{user `z`}}', type: 'null' },
        ],
        provisioners: ['shell', 'file'],
        postProcessors: [['a'], ['b', 'c']],
      },
      diagnostics: [],
    });
  });

  it('tells what is wrong instead', () => {
    const { inspection, diagnostics } = inspectJson({ path: 't.json', text: '{"builders": [{}]}' });
    assert.equal(inspection, undefined);
    assert.equal(diagnostics.length, 1);
  });

  it('equals `packer inspect` on all 93 templates of the corpus', function () {
    const corpus = readCorpus();
    if (!corpus) return this.skip();
    for (const { file, text, inspect } of corpus) {
      const { inspection } = inspectJson({ path: file, text });
      assert.equal(inspection ? 0 : 1, inspect.exit, file);
      if (!inspection) continue;
      const optional = inspection.variables.filter(({ required }) => !required);
      assert.deepEqual(
        {
          // Packer prints the defaults of required variables too: empty.
          required: inspection.variables.filter(({ required }) => required).map(({ name }) => name),
          variables: Object.fromEntries(
            optional.map(({ name, default: value, sensitive }) => [name, sensitive ? '<sensitive>' : value]),
          ),
          builders: inspection.builders,
          provisioners: inspection.provisioners,
        },
        {
          required: inspect.required,
          variables: Object.fromEntries(
            Object.entries(inspect.variables).filter(([name]) => !inspect.required.includes(name)),
          ),
          builders: inspect.builders,
          provisioners: inspect.provisioners,
        },
        file,
      );
    }
  });
});
