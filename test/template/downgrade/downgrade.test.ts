import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { positionAt } from '../../../src/sdk/source.ts';
import { downgradeTemplate } from '../../../src/template/downgrade/index.ts';
import { Scratch } from '../../helpers/kiln.ts';
import { options } from '../hcl/blocks/load.ts';

async function downgrade(text: string): Promise<{ readonly json: unknown; readonly found: readonly string[] }> {
  const stdin = async (): Promise<Buffer> => Buffer.from(text);
  const result = await downgradeTemplate('-', options({ stdin, configType: 'hcl2' }), () => undefined);
  const found = result.diagnostics.map(({ span, severity, message }) => {
    const place = span && positionAt(span.file, span.start);
    return `${place?.line}:${place?.column} ${severity} ${message}`;
  });
  return { json: result.text === undefined ? undefined : JSON.parse(result.text), found };
}

const build = (source: string, inside = '', top = ''): string =>
  `${top}\nsource "null" "n" {\n  communicator = "none"\n  ${source}\n}\nbuild {\n  sources = ["null.n"]\n${inside}\n}\n`;

/** The option `x` of the builder after the way to JSON. */
async function option(expression: string, top = ''): Promise<unknown> {
  const { json, found } = await downgrade(build(`x = ${expression}`, '', top));
  assert.deepEqual(found, []);
  return (json as { builders: { x: unknown }[] }).builders[0]?.x;
}

describe('hcl2_downgrade', () => {
  const TOP = `
variable "v" { default = "d" }
variable "list" { default = ["a", "b"] }
locals {
  whole = "w"
  mixed = "\${var.v}-\${local.whole}"
}`;
  for (const [expression, json] of [
    ['var.v', '{{user `v`}}'],
    ['"a-${var.v}"', 'a-{{user `v`}}'],
    ['local.mixed', '{{user `v`}}-w'],
    ['upper(local.whole)', 'W'],
    ['upper(var.v)', '{{user `v` | upper}}'],
    ['var.list', ['a', 'b']],
    ['[for x in var.list : upper(x)]', ['A', 'B']],
    ['{ a = var.v, "b c" = 1 + 1 }', { a: '{{user `v`}}', 'b c': 2 }],
    ['true ? 1 : 2', 1],
    ['"${path.root}/x"', '{{template_dir}}/x'],
    ['source.name', '{{build_name}}'],
    ['legacy_isotime("2006")', '{{isotime `2006`}}'],
    ['formatdate("YYYY-MM-DD", timestamp())', '{{isotime `2006-01-02`}}'],
    ['regex_replace(timestamp(), "[- TZ:]", "")', '{{isotime `20060102150405`}}'],
    ['"x-{{`${var.v}` | clean_resource_name}}-y"', 'x-{{user `v` | clean_resource_name}}-y'],
    ['"{{ printf `%s` `${legacy_isotime()}` }}"', '{{ printf `%s` (isotime) }}'],
    ['"{{ .SourceAMI }} $${HOME}"', '{{ .SourceAMI }} ${HOME}'],
  ] as const) {
    it(`writes ${expression} as ${JSON.stringify(json)}`, async () => {
      assert.deepEqual(await option(expression, TOP), json);
    });
  }

  it('keeps variables, their secrecy and what they ask the environment for', async () => {
    const top = `
packer { required_version = ">= 1.8.0" }
variable "needed" { type = string }
variable "count" { default = 3 }
variable "home" { default = env("HOME") }
variable "secret" {
  default   = "s"
  sensitive = true
}
local "hidden" {
  expression = "x-\${var.count}"
  sensitive  = true
}`;
    const { json, found } = await downgrade(build('x = local.hidden', '', top));
    assert.deepEqual(found, []);
    assert.deepEqual(json, {
      min_packer_version: '1.8.0',
      variables: { needed: null, count: '3', home: '{{env `HOME`}}', secret: 's', hidden: 'x-{{user `count`}}' },
      'sensitive-variables': ['secret', 'hidden'],
      builders: [{ type: 'null', name: 'n', communicator: 'none', x: '{{user `hidden`}}' }],
    });
  });

  it('merges several build blocks into one, each component for its own builders', async () => {
    const { json, found } = await downgrade(`
source "null" "a" {
  communicator = "none"
}
build {
  name    = "one"
  sources = ["null.a"]
  source "null.a" {
    name = "b"
    more = 1
  }
  provisioner "shell" {
    only     = ["null.b"]
    inline   = ["x"]
    override = { b = { inline = ["y"] } }
  }
  post-processors {
    post-processor "manifest" {}
    post-processor "compress" { keep_input_artifact = true }
  }
}
build {
  name    = "two"
  sources = ["null.a"]
  provisioner "shell" {
    inline = ["\${build.ID} \${build.name}"]
    tag { k = 1 }
    dynamic "thing" {
      for_each = ["p", "q"]
      content { value = thing.value }
    }
  }
}`);
    assert.deepEqual(found, []);
    assert.deepEqual(json, {
      builders: [
        { type: 'null', name: 'a', communicator: 'none' },
        { type: 'null', name: 'b', communicator: 'none', more: 1 },
        { type: 'null', name: 'two-a', communicator: 'none' },
      ],
      provisioners: [
        { type: 'shell', only: ['b'], override: { b: { inline: ['y'] } }, inline: ['x'] },
        {
          type: 'shell',
          only: ['two-a'],
          inline: ['{{build `ID`}} two'],
          tag: { k: 1 },
          thing: [{ value: 'p' }, { value: 'q' }],
        },
      ],
      'post-processors': [
        [
          { type: 'manifest', only: ['a', 'b'] },
          { type: 'compress', only: ['a', 'b'], keep_input_artifact: true },
        ],
      ],
    });
  });

  it('writes the search of amazon-ami for a source image as that of the builder', async () => {
    const source = (region: string): string => `
variable "region" { default = "eu-west-1" }
data "amazon-ami" "base" {
  region      = var.region
  filters     = { name = "ubuntu-*" }
  owners      = ["self"]
  most_recent = true
}
source "amazon-ebs" "n" {
  region     = ${region}
  source_ami = data.amazon-ami.base.id
}
build { sources = ["amazon-ebs.n"] }
`;
    const { json, found } = await downgrade(source('var.region'));
    assert.deepEqual(found, []);
    assert.deepEqual((json as { builders: unknown }).builders, [
      {
        type: 'amazon-ebs',
        name: 'n',
        region: '{{user `region`}}',
        source_ami_filter: { filters: { name: 'ubuntu-*' }, owners: ['self'], most_recent: true },
      },
    ]);
    assert.deepEqual((await downgrade(source('"us-east-1"'))).found, [
      '11:16 error the image is searched with another "region" than the builder\'s',
    ]);
  });

  it('writes no call inside of another call', async () => {
    const { json, found } = await downgrade(
      build('x = "{{ upper `a-${var.v}` }}"', '', 'variable "v" { default = "d" }'),
    );
    assert.equal(json, undefined);
    assert.deepEqual(found, ['4:20 error a JSON template has no {{ }} inside of another {{ }}']);
  });

  it('tells at its place what JSON templates have nothing for', async () => {
    const top = 'variable "v" { default = "d" }\ndata "null" "d" {\n  input = "x"\n}';
    const { json, found } = await downgrade(
      build(
        'x = data.null.d.output\n  y = [for c in split("", var.v) : c]\n  z = uuidv5("dns", var.v)',
        '  provisioner "shell" {\n    continue_on_error = true\n  }',
        top,
      ),
    );
    assert.equal(json, undefined);
    assert.deepEqual(found, [
      '7:7 error data.null.d is a data source, and JSON templates have none',
      '8:7 error an expression over var.v cannot be written in a JSON template',
      '9:7 error an expression over var.v cannot be written in a JSON template',
      '14:5 error continue_on_error is there in HCL2 only',
    ]);
  });

  describe('on the command line', () => {
    const scratch = new Scratch();
    before(() => {
      scratch.write('folder/a.pkr.hcl', build('', '', 'variable "v" { default = "d" }'));
      scratch.write('bad.pkr.hcl', build('x = data.null.d.output', '', 'data "null" "d" {\n  input = "x"\n}'));
    });
    after(() => scratch.remove());

    it('writes a folder as one template that is valid, formatted, and comes back', async () => {
      const made = await scratch.run(['hcl2_downgrade', 'folder']);
      assert.equal(made.code, 0, made.stderr);
      assert.equal((await scratch.run(['validate', 'folder.json'])).code, 0);
      assert.equal((await scratch.run(['fmt', '-check', 'folder.json'])).code, 0);
      const back = await scratch.run(['hcl2_upgrade', '-output-file=-', 'folder.json']);
      assert.match(back.stdout, /source "null" "n" \{\n {2}communicator = "none"\n\}/);
    });

    it('writes nothing when something is in the way', async () => {
      const { code, stdout, stderr } = await scratch.run(['hcl2_downgrade', 'bad.pkr.hcl']);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /data\.null\.d is a data source[\s\S]*bad\.pkr\.hcl:6:7/);
      assert.throws(() => scratch.read('bad.json'));
    });
  });
});
