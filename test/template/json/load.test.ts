import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { type Diagnostic, hasErrors } from '../../../src/sdk/diagnostics.ts';
import { toPlain } from '../../../src/sdk/node.ts';
import { formatLocation } from '../../../src/sdk/source.ts';
import { inspectTemplate } from '../../../src/template/inspect.ts';
import { loadJsonTemplate } from '../../../src/template/json/load.ts';
import { languageOf, type TemplateOptions } from '../../../src/template/language.ts';
import { loadTemplate } from '../../../src/template/load.ts';
import type { Template } from '../../../src/template/model.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const options = (extra: Partial<TemplateOptions> = {}): TemplateOptions => ({
  vars: [],
  varFiles: [],
  only: [],
  except: [],
  syntaxOnly: false,
  env: {},
  cwd: '/somewhere',
  startedAt: new Date('2024-05-06T07:08:09Z'),
  ...extra,
});

const load = (template: unknown, extra: Partial<TemplateOptions> = {}) =>
  loadJsonTemplate({ path: 'web/t.json', text: JSON.stringify(template, null, 2) }, options(extra));

async function valid(template: unknown, extra: Partial<TemplateOptions> = {}): Promise<Template> {
  const loaded = await load(template, extra);
  assert.deepEqual(
    loaded.diagnostics.filter(one => one.severity === 'error').map(one => one.message),
    [],
  );
  assert.ok(loaded.template);
  return loaded.template;
}

const places = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ span, code }) => `${span ? formatLocation(span) : ''} ${code}`);

/** The options of a component, rendered with the template's own renderer. */
function optionsOf(template: Template, build: number, provisioner?: number): unknown {
  const spec = template.builds[build];
  const component = provisioner === undefined ? spec?.builder : spec?.provisioners[provisioner];
  assert.ok(component);
  return toPlain(component.options(undefined).node);
}

const NULL = { type: 'null', communicator: 'none' };

describe('template/json: the template model', () => {
  it("has the builds sorted by rendered name, with Packer's display names", async () => {
    const template = await valid({
      variables: { n: 'b' },
      builders: [{ ...NULL, name: 'z' }, NULL, { ...NULL, name: '{{user `n`}}-1' }],
    });
    assert.deepEqual(
      template.builds.map(({ name, displayName, builderType }) => [name, displayName, builderType]),
      [
        ['b-1', 'null.b-1', 'null'],
        ['null', 'null', 'null'],
        ['z', 'null.z', 'null'],
      ],
    );
  });

  it('knows its path, folder and description', async () => {
    const template = await valid({ description: 'd', builders: [NULL] });
    assert.deepEqual(
      [template.language, template.path, template.dir, template.description],
      ['json', 'web/t.json', '/somewhere/web', 'd'],
    );
    const { template: piped } = await loadJsonTemplate(
      { path: '-', text: '{"builders": [{"type": "null"}]}' },
      options(),
    );
    assert.equal(piped?.dir, '/somewhere');
  });

  it('gives components their own options, without the keys of the language', async () => {
    const template = await valid({
      builders: [{ TYPE: 'null', Name: 'a', x: 1 }],
      provisioners: [
        {
          type: 'shell',
          only: ['a'],
          except: [],
          override: {},
          pause_before: '1s',
          max_retries: 1,
          timeout: '2s',
          inline: ['x'],
          name: 'n',
        },
      ],
      'post-processors': [{ type: 'm', name: 'n', only: ['a'], keep_input_artifact: true, o: 1 }],
    });
    // Packer reads keys in any case, but takes away only those in lower case.
    assert.deepEqual(optionsOf(template, 0), { TYPE: 'null', Name: 'a', x: 1 });
    assert.deepEqual(optionsOf(template, 0, 0), { inline: ['x'], name: 'n' });
    const [post] = template.builds[0]?.sequences[0] ?? [];
    assert.ok(post);
    assert.deepEqual(toPlain(post.options(undefined).node), { o: 1 });
    assert.deepEqual([post.type, post.name, post.named, post.keepInputArtifact], ['m', 'n', true, true]);
  });

  it('gives the same node every time, and the same provisioner to all builds without an override', async () => {
    const template = await valid({
      builders: [NULL, { ...NULL, name: 'b' }],
      provisioners: [{ type: 'shell' }, { type: 'shell', override: { b: { x: 1 } } }],
    });
    const [first, second] = template.builds;
    assert.ok(first && second);
    assert.equal(first.builder.options(undefined).node, first.builder.options({ ID: 'x' }).node);
    assert.equal(first.provisioners[0], second.provisioners[0]);
    assert.notEqual(first.provisioners[1], second.provisioners[1]);
  });

  it('lays overrides over the options: scalars and lists replaced, objects merged key by key', async () => {
    const template = await valid({
      builders: [NULL, { ...NULL, name: 'b' }],
      provisioners: [
        {
          type: 'shell',
          list: [1, 2],
          scalar: 'a',
          kept: true,
          map: { A: 1, b: { c: 1 } },
          override: { b: { List: [3], scalar: null, map: { a: 2, b: { d: 1 } }, added: 1 } },
        },
      ],
    });
    assert.deepEqual(optionsOf(template, 0, 0), {
      added: 1,
      kept: true,
      List: [3],
      map: { A: 1, a: 2, b: { d: 1 } },
      scalar: 'a',
    });
    assert.deepEqual(optionsOf(template, 1, 0), { list: [1, 2], scalar: 'a', kept: true, map: { A: 1, b: { c: 1 } } });
  });

  it('reads pauses, timeouts and retries, which may be templates', async () => {
    const template = await valid({
      variables: { r: '3' },
      builders: [NULL],
      provisioners: [
        { type: 'shell', pause_before: '1m30s', max_retries: '{{user `r`}}', timeout: '500ms' },
        { type: 'shell', pause_before: 2e9, max_retries: 2 },
        { type: 'shell', pause_before: '-5s', max_retries: '-1' },
      ],
      'error-cleanup-provisioner': { type: 'shell', timeout: '1h' },
    });
    const [build] = template.builds;
    assert.deepEqual(
      build?.provisioners.map(one => [one.pauseBefore, one.timeout, one.maxRetries]),
      [
        [90_000, 500, 3],
        [2000, 0, 2],
        [0, 0, 0],
      ],
    );
    assert.equal(build?.errorCleanup?.timeout, 3_600_000);
  });

  it('gives each build what only and except leave, by raw builder names', async () => {
    const template = await valid({
      variables: { n: 'rendered' },
      builders: [NULL, { ...NULL, name: '{{user `n`}}' }],
      provisioners: [
        { type: 'a', only: 'null' },
        { type: 'b', except: ['null'] },
        { type: 'c', only: ['{{user `n`}}'] },
      ],
      'post-processors': [{ type: 'x', only: ['null'] }, [{ type: 'y', except: ['null'] }, 'z']],
    });
    assert.deepEqual(
      template.builds.map(build => [
        build.name,
        build.provisioners.map(({ type }) => type),
        build.sequences.map(sequence => sequence.map(({ type }) => type)),
      ]),
      [
        ['null', ['a'], [['x'], ['z']]],
        ['rendered', ['b', 'c'], [['y', 'z']]],
      ],
    );
  });

  it('applies -only and -except to rendered names, and -except to post-processors and what follows them', async () => {
    const template = {
      variables: { n: 'web' },
      builders: [NULL, { ...NULL, name: '{{user `n`}}' }],
      'post-processors': [['a', { type: 'b', name: 'stop' }, 'c'], 'stop', 'd'],
    };
    const names = async (only: string[], except: string[]): Promise<string[]> =>
      (await valid(template, { only, except })).builds.map(({ name }) => name);
    assert.deepEqual(await names([], []), ['null', 'web']);
    assert.deepEqual(await names(['web', 'unknown'], []), ['web']);
    assert.deepEqual(await names([], ['web']), ['null']);
    assert.deepEqual(await names(['web', 'null'], ['null']), ['web']);
    assert.deepEqual(
      (await valid(template, { except: ['stop'] })).builds[0]?.sequences.map(one => one.map(({ name }) => name)),
      [['a'], ['d']],
    );
  });

  it('warns when nothing is left to build, with the nearest name', async () => {
    const { template, diagnostics } = await load({ builders: [{ ...NULL, name: 'web' }] }, { only: ['wbe'] });
    assert.deepEqual(template?.builds, []);
    assert.deepEqual(
      diagnostics.map(one => [one.severity, one.code, one.hint]),
      [['warning', 'nothing-selected', 'did you mean "web"?']],
    );
  });

  it('warns when two names become the same, and keeps the first', async () => {
    const { template, diagnostics } = await load({
      variables: { n: 'x' },
      builders: [
        { ...NULL, name: 'x' },
        { ...NULL, name: '{{user `n`}}' },
      ],
    });
    assert.equal(template?.builds.length, 1);
    assert.deepEqual(
      diagnostics.map(one => one.code),
      ['duplicate-build-name'],
    );
  });
});

describe('template/json: variables', () => {
  const folder = tempFolders();
  const files = (contents: Readonly<Record<string, string>>): string => {
    const cwd = folder();
    for (const [name, text] of Object.entries(contents)) writeFileSync(join(cwd, name), text);
    return cwd;
  };
  const rendered = (template: Template, text: string): string =>
    template.renderer.render(text, { phase: 'prepare-builder' });

  it('take default, then files in order, then -var, the last of each winning', async () => {
    const cwd = files({ 'a.json': '{"a": "file a", "b": "file a", "c": "file a"}', 'b.json': '{"b": "file b"}' });
    const template = await valid(
      { variables: { a: 'default', b: 'default', c: 'default', d: 'default' }, builders: [NULL] },
      {
        cwd,
        varFiles: ['a.json', 'b.json'],
        vars: [
          ['c', 'first'],
          ['c', 'last'],
          ['undeclared', 'u'],
        ],
      },
    );
    const text = '{{user `a`}},{{user `b`}},{{user `c`}},{{user `d`}},{{user `undeclared`}},{{user `none`}}';
    assert.equal(rendered(template, text), 'file a,file b,last,default,u,');
  });

  it('are described as written', async () => {
    const template = await valid(
      { variables: { b: '{{timestamp}}', a: null }, 'sensitive-variables': ['b', 'other'], builders: [NULL] },
      { vars: [['a', 'x']] },
    );
    assert.deepEqual(
      template.variables.map(({ name, default: value, required, sensitive }) => [name, value, required, sensitive]),
      [
        ['b', '{{timestamp}}', false, true],
        ['a', undefined, true, false],
      ],
    );
  });

  it('give their rendered values as secrets when sensitive', async () => {
    const template = await valid(
      {
        variables: { s: '{{env `SECRET`}}', empty: '' },
        'sensitive-variables': ['s', 'empty', 'given', 'unknown'],
        builders: [NULL],
      },
      { env: { SECRET: 'hush' }, vars: [['given', 'also']] },
    );
    assert.deepEqual(template.secrets, ['hush', 'also']);
  });

  it('that are sensitive, but do not exist, are warned of', async () => {
    const document = { variables: { token: 'x' }, 'sensitive-variables': ['tokn', 'given'], builders: [NULL] };
    const { diagnostics } = await load(document, { vars: [['given', 'y']] });
    assert.deepEqual(
      diagnostics.map(one => [one.severity, one.message, one.hint]),
      [['warning', 'no variable is called "tokn", so nothing is masked', 'did you mean "token"?']],
    );
  });

  it('that are required and missing are told, without complaints that only follow from it', async () => {
    const { template, diagnostics } = await load({
      variables: { ami: null, name: 'x' },
      builders: [{ type: 'null', name: '{{user `ami`}}-1', source: '{{user `ami`}}', b: '{{user `name`}}' }],
      provisioners: [{ type: 'shell', max_retries: '{{user `ami`}}' }],
    });
    assert.deepEqual(places(diagnostics), ['web/t.json:3:5 required-variable']);
    const node = template?.builds[0]?.builder.options(undefined).node;
    assert.deepEqual(
      node?.members.map(({ key, value }) => [key, value.kind]),
      [
        ['source', 'unknown'],
        ['b', 'string'],
      ],
    );
  });

  it('may lack a value when that is allowed, as in the console', async () => {
    const template = await valid({ variables: { ami: null }, builders: [NULL] }, { missingAllowed: true });
    assert.equal(rendered(template, '[{{user `ami`}}]'), '[]');
  });

  it('that nobody declared are warned of once, where they are used', async () => {
    const template = await valid({
      variables: { region: 'x' },
      builders: [{ type: 'null', a: '{{user `regoin`}}', b: '{{user `regoin`}}' }],
    });
    const { diagnostics } = template.builds[0]?.builder.options(undefined) ?? { diagnostics: [] };
    assert.deepEqual(places(diagnostics), ['web/t.json:8:20 undefined-variable']);
    assert.deepEqual(
      diagnostics.map(one => [one.severity, one.hint, one.component]),
      [['warning', 'did you mean "region"?', 'builder 1 (null)']],
    );
  });

  it('tell where their values came from, for complaints about options that use them', async () => {
    const cwd = files({ 'v.json': '{\n  "f": "file"\n}' });
    const template = await valid(
      {
        variables: { d: 'default', f: 'x' },
        builders: [{ type: 'null', all: '{{user `d`}}{{user `f`}}{{user `c`}}' }],
      },
      { cwd, varFiles: ['v.json'], vars: [['c', 'line']] },
    );
    const value = template.builds[0]?.builder.options(undefined).node.members[0]?.value;
    assert.deepEqual(
      value?.origins?.map(({ span }) => formatLocation(span)),
      ['web/t.json:3:10', 'v.json:2:8', '<-var c>:1:1'],
    );
  });

  it('in files must be strings; null is an empty one', async () => {
    const cwd = files({ 'v.json': '{\n  "a": 1,\n  "b": null,\n  "c": ["x"],\n  "d": true\n}' });
    const { template, diagnostics } = await load(
      { variables: { b: 'x' }, builders: [NULL] },
      { cwd, varFiles: ['v.json'] },
    );
    assert.deepEqual(places(diagnostics), ['v.json:2:8 wrong-type', 'v.json:4:8 wrong-type', 'v.json:5:8 wrong-type']);
    assert.equal(diagnostics[0]?.hint, 'put it in double quotes: "1"');
    assert.ok(template);
    assert.equal(rendered(template, '[{{user `b`}}]'), '[]');
  });

  it('in a file that lacks a comma between two members give the very spot', async () => {
    const cwd = files({
      'vars.json': '{\n  "access_key": "AKIA",\n  "secret_key": "s3cr3t"\n  "source_ami": "ami-1"\n}\n',
    });
    const { diagnostics } = await load({ builders: [NULL] }, { cwd, varFiles: ['vars.json'] });
    assert.deepEqual(places(diagnostics), ['vars.json:3:25 missing-comma']);
    assert.equal(diagnostics[0]?.message, 'a comma is missing between "secret_key" and "source_ami"');
  });

  it('cannot come from HCL2 files, missing files or lists; a key that stands twice is warned of', async () => {
    const cwd = files({
      'v.pkrvars.hcl': 'a = "b"\n',
      'list.json': '[]',
      'twice.json': '{"a": "1",\n"a": "2"}',
      'wrong.json': 'a = 1',
    });
    const run = async (varFile: string) => {
      const { diagnostics } = await load({ builders: [NULL] }, { cwd, varFiles: [varFile] });
      return diagnostics.map(one => `${one.severity} ${one.code}`);
    };
    assert.deepEqual(await run('v.pkrvars.hcl'), ['error hcl-only']);
    assert.deepEqual(await run('wrong.json'), ['error not-json']);
    assert.deepEqual(await run('list.json'), ['error wrong-type']);
    assert.deepEqual(await run('missing.json'), ['error unreadable-file']);
    assert.deepEqual(await run('twice.json'), ['warning duplicate-key']);
  });
});

describe('template/json: all problems of a template at once', () => {
  it('in the order of the text, whatever phase they belong to', async () => {
    const { template, diagnostics } = await loadJsonTemplate(
      {
        path: 't.json',
        text: `{
  "min_packer_version": "99.0.0",
  "variables": {"a": null, "b": "{{user \`c\`}}"},
  "builders": [{"type": "null", "name": "{{bogus}}"}, {"name": "x"}],
  "provisioners": [{"type": "shell", "max_retries": "many"}],
  "unknown": 1, "unknown": 2
}`,
      },
      options(),
    );
    assert.deepEqual(places(diagnostics), [
      't.json:2:25 version-too-low',
      't.json:3:17 required-variable',
      't.json:3:41 undefined-variable',
      't.json:4:44 bad-template',
      't.json:4:55 missing-type',
      't.json:5:53 bad-retries',
      't.json:6:3 unknown-root-key',
      't.json:6:17 duplicate-key',
      't.json:6:17 unknown-root-key',
    ]);
    assert.ok(template);
  });

  it('stops after the parse phase with syntaxOnly', async () => {
    const text = '{"min_packer_version": "99", "variables": {"a": null}, "builders": []}';
    const { template, diagnostics } = await loadJsonTemplate({ path: 't', text }, options({ syntaxOnly: true }));
    assert.deepEqual([template, diagnostics], [undefined, []]);
  });

  it('compares min_packer_version with 1.16.0, a release', async () => {
    const codes = async (version: string): Promise<string[]> =>
      (await load({ min_packer_version: version, builders: [NULL] })).diagnostics.map(({ code }) => code);
    for (const version of ['1.16.0', '1.16', 'v1.5.6', '0.8', '1.16.0-dev', '1.16.0+x', ''])
      assert.deepEqual(await codes(version), [], version);
    for (const version of ['1.16.1', '2', '1.16.0.1', '1.17.0-beta1'])
      assert.deepEqual(await codes(version), ['version-too-low'], version);
    for (const version of ['abc', '1.x', '>= 1.5']) assert.deepEqual(await codes(version), ['bad-version'], version);
  });
});

describe('template: loading files', () => {
  const folder = tempFolders();

  it('points at the end of a template that ends early', async () => {
    const cwd = folder();
    const text =
      '{\n  "builders": [{\n    "type": "amazon-ebs",\n    "region": "us-east-1"\n  }],\n  "provisioners": [{\n    "type": "shell",\n    "script": "setup.sh"\n  }]\n';
    writeFileSync(join(cwd, 'aws.json'), text);
    const { template, diagnostics } = await loadTemplate('aws.json', options({ cwd }));
    assert.equal(template, undefined);
    assert.deepEqual(places(diagnostics), ['aws.json:9:5 ends-early']);
    assert.equal(diagnostics[0]?.message, 'the file ends too early: } is missing');
    assert.deepEqual(
      diagnostics[0]?.notes?.map(note => note.span && formatLocation(note.span)),
      ['aws.json:1:1'],
    );
  });

  it('reads JSON from files and standard input', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'sub'));
    const text = '{"builders": [{"type": "null", "communicator": "none"}]}';
    writeFileSync(join(cwd, 'sub', 'web.json'), text);
    const loaded = await loadTemplate('sub/web.json', options({ cwd }));
    assert.equal(hasErrors(loaded.diagnostics), false);
    assert.equal(loaded.template?.dir, join(cwd, 'sub'));
    const piped = await loadTemplate('-', options({ cwd, stdin: async () => Buffer.from(text) }));
    assert.equal(piped.template?.builds.length, 1);
  });

  it('takes .pkr.hcl, .pkr.json and folders for HCL2, and -config-type for other names', async () => {
    const cwd = folder();
    writeFileSync(
      join(cwd, 'web.pkr.hcl'),
      'source "null" "web" {\n  communicator = "none"\n}\nbuild {\n  sources = ["null.web"]\n}\n',
    );
    writeFileSync(
      join(cwd, 'web.json'),
      '{"builders": [{"type": "null", "name": "w"}], "provisioners": [{"type": "shell"}]}',
    );
    const language = async (path: string, extra = {}) =>
      (await loadTemplate(path, options({ cwd, ...extra }))).template?.language;
    assert.equal(await language('web.pkr.hcl'), 'hcl2');
    assert.equal(await language('.'), 'hcl2');
    assert.equal(await language('web.json'), 'json');
    assert.equal(languageOf('a.pkr.json', { cwd }), 'hcl2');
    assert.equal(languageOf('a.tpl', { cwd }), 'json');
    assert.equal(languageOf('a.tpl', { cwd, configType: 'hcl2' }), 'hcl2');
    assert.equal(languageOf('-', { cwd }), 'json');
    const builders = async (path: string) => (await inspectTemplate(path, options({ cwd }))).inspection?.builders;
    assert.deepEqual(await builders('web.pkr.hcl'), [{ name: 'null.web', type: 'null' }]);
    assert.deepEqual(await builders('web.json'), [{ name: 'w', type: 'null' }]);
  });

  it('tells of a file that is not there', async () => {
    const { template, diagnostics } = await loadTemplate('nowhere.json', options({ cwd: folder() }));
    assert.equal(template, undefined);
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['unreadable-file'],
    );
  });
});
