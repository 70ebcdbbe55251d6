import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { KilnError } from '../../../../src/sdk/errors.ts';
import { formatLocation } from '../../../../src/sdk/source.ts';
import { consoleEvaluate } from '../../../../src/template/hcl/console.ts';
import type { DataSource } from '../../../../src/template/hcl/index.ts';
import { inspectHcl } from '../../../../src/template/hcl/inspect.ts';
import { load, options, optionsOf, showing, shownValue, withBuild } from './load.ts';

describe('HCL templates', () => {
  it('evaluates locals in the order of their needs', async () => {
    const locals = 'locals {\n  c = "${local.b}c"\n  a = "a"\n}\nlocal "b" {\n  expression = "${local.a}b"\n}\n';
    assert.equal(shownValue(await load(showing('local.c', locals))), 'abc');
    assert.deepEqual(shownValue(await load(showing('local', locals))), { a: 'a', b: 'ab', c: 'abc' });
  });

  it('names the locals of a circle', async () => {
    const { diagnostics, found } = await load(
      withBuild('locals {\n  a = local.b\n  b = "${local.c}"\n  c = [local.a]\n}\n'),
    );
    assert.deepEqual(found, ['a.pkr.hcl:4 cycle']);
    assert.equal(diagnostics[0]?.message, '"local.c" needs its own value: local.a -> local.b -> local.c -> local.a');
  });

  it('evaluates thousands of locals that need each other', async () => {
    const lines = Array.from(
      { length: 3000 },
      (_, index) => `  l${index} = ${index === 0 ? '0' : `local.l${index - 1} + 1`}`,
    );
    assert.equal(shownValue(await load(showing('local.l2999', `locals {\n${lines.reverse().join('\n')}\n}\n`))), 2999);
  }).timeout(20_000);

  it('reads a folder whose blocks are split over files', async () => {
    const { template, found } = await load({
      'z.pkr.hcl': 'variable "x" {\n  default = "v"\n}\n',
      'a.pkr.json': '{"source": {"null": {"n": {"communicator": "${var.x}"}}}}',
      '.hidden.pkr.hcl': 'build {\n  sources = ["null.n"]\n}\n',
      'other.hcl': 'this is not read',
      'sub/b.pkr.hcl': 'nor this',
    });
    assert.deepEqual(found, []);
    assert.deepEqual(optionsOf(template?.builds[0]?.builder), { communicator: 'v' });
    assert.deepEqual((await load({ 'x.txt': '' })).found, ['- no-template-files']);
    assert.deepEqual((await load({ 'a.pkr.hcl': '' }, { path: 'b.pkr.hcl' })).found, ['- unreadable-file']);
  });

  it('says that a neighbouring file may declare what is missing', async () => {
    const files = { 'a.pkr.hcl': showing('var.x', ''), 'b.pkr.hcl': 'variable "x" {\n  default = 1\n}\n' };
    assert.deepEqual(shownValue(await load(files)), 1);
    const { template } = await load(files, { path: 'a.pkr.hcl' });
    const [problem] = template!.builds[0]!.provisioners[0]!.options(undefined).diagnostics;
    assert.equal(problem?.message, 'the variable "x" is not declared');
  });

  it("reads HCL's JSON syntax", async () => {
    const { template, found } = await load({
      'a.pkr.json': JSON.stringify({
        '//': 'a comment',
        variable: { x: { type: 'list(string)', default: ['a'] }, y: { type: 'number', default: 2 } },
        locals: { l: '${upper(var.x[0])}', plain: 'no {braces} $5 %' },
        source: {
          null: {
            n: {
              tags: { 'k${local.l}': '${var.y}' },
              dynamic: { blk: { for_each: [1, 2], content: { a: '${blk.value}' } } },
            },
          },
        },
        build: [
          {
            sources: ['null.n'],
            provisioner: [
              { shell: { inline: ['${local.plain}', 'a${var.y}'], max_retries: 1 } },
              { 'shell-local': { only: ['null.x'] } },
            ],
            'post-processors': { 'post-processor': [{ manifest: {} }, { checksum: {} }] },
          },
        ],
      }),
    });
    assert.deepEqual(found, []);
    const [build] = template!.builds;
    assert.deepEqual(optionsOf(build?.builder), { tags: { kA: 2 }, blk: [{ a: 1 }, { a: 2 }] });
    assert.deepEqual(
      build?.provisioners.map(one => [one.type, one.maxRetries, optionsOf(one)]),
      [['shell', 1, { inline: ['no {braces} $5 %', 'a2'] }]],
    );
    assert.deepEqual(
      build?.sequences.map(one => one.map(two => two.type)),
      [['manifest', 'checksum']],
    );
  });

  it('reads a list of objects of the JSON syntax', async () => {
    const text = '[{"source": {"null": {"n": {}}}}, {"build": {"sources": ["null.n"]}}]';
    const { template, found } = await load({ 'a.pkr.json': text });
    assert.deepEqual(found, []);
    assert.equal(template?.builds[0]?.displayName, 'null.n');
    assert.deepEqual((await load({ 'a.pkr.json': '["source"]' })).found.slice(0, 1), ['a.pkr.json:1 wrong-type']);
  });

  it('points into strings of the JSON syntax', async () => {
    const text = '{\n  "locals": {"a": "x ${nosuch} y", "b": "${up(", "c": "\\u0041 ${nosuch}"}\n}';
    const { diagnostics } = await load({ 'a.pkr.json': text });
    const shown = diagnostics.map(({ span, code }) => `${code} ${span?.file.text.slice(span.start, span.end)}`);
    assert.deepEqual(shown.slice(0, 3), [
      'unknown-name nosuch',
      'missing-expression ',
      'unknown-name "\\u0041 ${nosuch}"',
    ]);
  });

  it('checks required_version and reads required_plugins', async () => {
    const packer = (body: string): string => withBuild(`packer {\n${body}\n}\n`);
    const plugin = (name: string, source: string, version: string): string =>
      packer(
        `  required_plugins {\n    ${name} = {\n      source  = "${source}"\n      version = "${version}"\n    }\n  }`,
      );
    for (const version of ['>= 1.7.0', '~> 1.16', '1.16.0', '> 1.0, < 2.0.0', '!= 1.5']) {
      assert.deepEqual((await load(packer(`  required_version = "${version}"`))).found, [], version);
    }
    for (const version of ['>= 2', '~> 1.15.0', '< 1.16', '1.15']) {
      assert.deepEqual(
        (await load(packer(`  required_version = "${version}"`))).found,
        ['a.pkr.hcl:2 unsupported-version'],
        version,
      );
    }
    assert.deepEqual((await load(packer('  required_version = "new"'))).found, ['a.pkr.hcl:2 invalid-version']);
    const good = await load(plugin('amazon', 'github.com/hashicorp/amazon', '~> 1'));
    assert.deepEqual(good.found, []);
    assert.deepEqual(
      good.requiredPlugins.map(({ name, source, version }) => [name, source, version]),
      [['amazon', 'github.com/hashicorp/amazon', '~> 1']],
    );
    for (const source of [
      'hashicorp/amazon',
      'https://github.com/a/b',
      'github.com/a/packer-plugin-b',
      'github.com//b',
      'github.com/a/b?x',
    ]) {
      assert.deepEqual((await load(plugin('amazon', source, '1'))).found, ['a.pkr.hcl:3 invalid-plugin'], source);
    }
    assert.deepEqual((await load(plugin('Amazon', 'github.com/a/b', '1'))).found, ['a.pkr.hcl:3 invalid-plugin']);
    assert.deepEqual((await load(plugin('amazon', 'github.com/a/b', 'x'))).found, ['a.pkr.hcl:3 invalid-plugin']);
    assert.deepEqual((await load(packer('  required_plugins {\n    amazon = "1"\n  }'))).found, [
      'a.pkr.hcl:3 invalid-plugin',
    ]);
  });

  it('gives the places of paths and of the template', async () => {
    const files = { 'sub/a.pkr.hcl': showing('[path.root, packer.version, file("x")]', ''), 'sub/x': 'text' };
    assert.deepEqual(shownValue(await load(files, { path: 'sub' })), ['sub', '1.16.0', 'text']);
    assert.deepEqual(shownValue(await load(files, { path: 'sub/a.pkr.hcl' })), ['sub', '1.16.0', 'text']);
  });

  it('reports a missing comma at its place', async () => {
    const { diagnostics } = await load(`source "amazon-ebs" "base" {
  ami_name     = "base"
  ssh_username = "ubuntu"
}

build {
  sources = ["source.amazon-ebs.base"]

  provisioner "shell" {
    inline = [
      "sudo apt-get update",
      "sudo apt-get install -y nginx"
      "sudo systemctl enable nginx"
    ]
  }
  post-processor "vagrant" {}
  post-processor "compress" {}
}
`);
    assert.deepEqual(
      diagnostics.map(one => [formatLocation(one.span!), one.message]),
      [['a.pkr.hcl:12:38', 'a comma is missing between two list items']],
    );
  });

  it('looks into a template and evaluates lines of a console', async () => {
    const { inspection } = await inspectHcl('-', {
      ...options({ configType: 'hcl2' }),
      stdin: async () => Buffer.from(withBuild('variable "x" {\n}\nvariable "y" {\n  default = [1]\n}\n')),
    });
    assert.deepEqual(
      inspection?.variables.map(one => [one.name, one.required, one.default]),
      [
        ['x', true, undefined],
        ['y', false, '[1]'],
      ],
    );
    assert.deepEqual(
      inspection?.builds.map(one => one.name),
      ['null.n'],
    );
    const empty = options();
    assert.equal(await consoleEvaluate('upper("a")', undefined, empty), 'A');
    assert.equal(await consoleEvaluate('{a = [1, "x"]}', undefined, empty), '{\n  "a" = [\n    1,\n    "x",\n  ]\n}');
    assert.equal(await consoleEvaluate('yamlencode({a = 1})', undefined, empty), '"a": 1\n');
    await assert.rejects(consoleEvaluate('uper("a")', undefined, empty), (error: unknown) => {
      assert.ok(error instanceof KilnError);
      assert.deepEqual([error.message, error.hint], ['there is no function "uper"', 'did you mean "upper"?']);
      return true;
    });
  });
});

describe('HCL data sources', () => {
  const calls: unknown[] = [];
  const source: DataSource = {
    type: 'echo',
    schema: { options: {} },
    outputs: { output: 'string', tags: 'string-map', port: 'number' },
    check: ({ members }) =>
      members.some(one => one.key === 'wrong') ? [{ severity: 'error', code: 'unknown-option', message: 'wrong' }] : [],
    read: async ({ members }) => {
      calls.push(members.length);
      const input = members.find(one => one.key === 'input')?.value;
      if (input?.kind !== 'string') throw new KilnError('no input');
      return { output: input.value, tags: { k: 'v' }, port: '80' };
    },
  };
  const dataSources = { echo: { load: async () => source } };
  const text = showing(
    '[data.echo.two.output, data.echo.one.tags.k, data.echo.one.port + 1]',
    'data "echo" "two" {\n  input = "${data.echo.one.output} ${local.l}"\n}\ndata "echo" "one" {\n  input = "a"\n}\nlocals {\n  l = upper(data.echo.one.output)\n}\n',
  );

  it('reads them when asked to, in the order of their needs', async () => {
    const result = await load(text, { dataSources, evaluateDatasources: true });
    assert.deepEqual(result.found, []);
    assert.deepEqual(shownValue(result), ['a A', 'v', 81]);
  });

  it('takes values that are not known of the right types else', async () => {
    calls.length = 0;
    const result = await load(text, { dataSources });
    assert.deepEqual(result.found, []);
    assert.deepEqual(calls, []);
    const { node } = result.template!.builds[0]!.provisioners[0]!.options(undefined);
    const [value] = node.members.map(one => one.value);
    assert.deepEqual(value?.kind === 'array' && value.items.map(one => one.kind), ['unknown', 'unknown', 'unknown']);
    const wrong = await load(withBuild(`${text.split('source "null"')[0]}locals {\n  x = data.echo.one.nosuch\n}\n`), {
      dataSources,
    });
    assert.deepEqual(wrong.found, ['a.pkr.hcl:12 unknown-attribute']);
  });

  it('reports failures and unknown types', async () => {
    const broken = withBuild('data "echo" "x" {\n}\ndata "ecko" "y" {\n}\ndata "echo" "z" {\n  wrong = 1\n}\n');
    const { diagnostics } = await load(broken, { dataSources, evaluateDatasources: true });
    assert.deepEqual(
      diagnostics.map(one => [one.code, one.message, one.hint]),
      [
        ['data-source-failed', 'data "echo" "x" could not be read: no input', undefined],
        ['unknown-data-source', 'kiln has no data source "ecko"', 'did you mean "echo"?'],
        ['unknown-option', 'wrong', undefined],
      ],
    );
  });
});
