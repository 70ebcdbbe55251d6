import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { Scratch } from '../helpers/kiln.ts';

describe('HCL2 on the command line', () => {
  const scratch = new Scratch();
  before(() => {
    scratch.write(
      'folder/vars.pkr.hcl',
      'variable "v" {\n  default = "d"\n}\nvariable "needed" {\n  type = string\n}\nvariable "hidden" {\n  default   = "s3cret"\n  sensitive = true\n}\n',
    );
    scratch.write(
      'folder/build.pkr.hcl',
      `locals {
  a = "x-\${var.v}"
}

data "null" "d" {
  input = "from data"
}

source "null" "a" {
  communicator = "none"
}

build {
  name    = "bb"
  sources = ["null.a"]

  provisioner "shell-local" {
    inline = ["echo \${data.null.d.output} \${local.a} \${var.needed}"]
  }

  post-processors {
    post-processor "manifest" {
      output = "m.json"
    }
    post-processor "compress" {
      name = "small"
    }
  }
}
`,
    );
    scratch.write('folder/given.auto.pkrvars.hcl', 'needed = "given"\n');
  });
  after(() => scratch.remove());

  it('validates a folder, with its *.auto.pkrvars.hcl', async () => {
    const { code, stdout, stderr } = await scratch.run(['validate', 'folder']);
    assert.deepEqual([code, stdout, stderr], [0, 'The configuration is valid.\n', '']);
    assert.equal((await scratch.run(['validate', '-evaluate-datasources', 'folder'])).code, 0);
  });

  it('points into the right file of a folder', async () => {
    scratch.write('bad/a.pkr.hcl', 'variable "a" {\n  default = 1\n}\n');
    scratch.write(
      'bad/b.pkr.hcl',
      'source "null" "n" {\n  comunicator = "none"\n}\nbuild {\n  sources = ["null.n"]\n}\n',
    );
    const { code, stderr } = await scratch.run(['validate', 'bad']);
    assert.equal(code, 1);
    assert.match(stderr, /bad\/b\.pkr\.hcl:2:3/);
    assert.match(stderr, /did you mean "communicator"/);
  });

  it('inspects a folder by sections', async () => {
    const { code, stdout } = await scratch.run(['inspect', 'folder']);
    assert.equal(code, 0);
    assert.equal(
      stdout,
      `> input-variables:

var.hidden: "<sensitive>"
var.needed: "given"
var.v: "d"

> local-variables:

local.a: "x-d"

> builds:

  > bb:

    sources:

      null.a

    provisioners:

      shell-local

    post-processors:

      0:
        manifest
        compress.small
`,
    );
  });

  it('hides secrets that other values hold, and shows the names of provisioners', async () => {
    scratch.write(
      'secret.pkr.hcl',
      'variable "s" {\n  default   = "hun\\"ter2"\n  sensitive = true\n}\nlocals {\n  url = "https://me:${var.s}@x"\n  map = { k = var.s }\n}\nsource "null" "a" {\n  communicator = "none"\n}\nbuild {\n  sources = ["null.a"]\n  provisioner "shell-local" {\n    name   = "second"\n    inline = ["true"]\n  }\n}\n',
    );
    const { stdout } = await scratch.run(['inspect', 'secret.pkr.hcl']);
    assert.doesNotMatch(stdout, /ter2/);
    assert.match(stdout, /local\.url: "https:\/\/me:<sensitive>@x"/);
    assert.match(stdout, /provisioners:\n\n {6}shell-local\.second\n/);
    assert.match(stdout, /post-processors:\n\n {6}<no post-processor>\n/);
    for (const flag of ['-json', '-machine-readable'])
      assert.doesNotMatch((await scratch.run(['inspect', flag, 'secret.pkr.hcl'])).stdout, /ter2/);
  });

  it('evaluates expressions in the console, data sources too', async () => {
    for (const [line, result] of [
      ['upper(local.a)', 'X-D'],
      ['data.null.d.output', 'from data'],
      ['[for x in ["a"] : "${x}-${var.needed}"]', '[\n  "a-given",\n]'],
    ] as const) {
      const { code, stdout, stderr } = await scratch.run(['console', 'folder'], {}, `${line}\n`);
      assert.deepEqual([code, stdout, stderr], [0, `${result}\n`, '']);
    }
    const variables = await scratch.run(['console', 'folder'], {}, 'variables\n');
    assert.match(variables.stdout, /var\.hidden: <sensitive>/);
    const wrong = await scratch.run(['console', 'folder'], {}, 'nope(1)\n');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /^error: .*nope/);
  });

  it('builds a folder with what data sources gave', async () => {
    scratch.write(
      'run/a.pkr.hcl',
      scratch.read('folder/build.pkr.hcl').replace(/ {2}post-processors[\s\S]*\n {2}\}\n/, ''),
    );
    scratch.write('run/b.pkr.hcl', scratch.read('folder/vars.pkr.hcl'));
    const { code, stdout, stderr } = await scratch.run(['build', '-var', 'needed=now', 'run']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /from data x-d now/);
  });

  it('formats HCL2 and JSON files in one call', async () => {
    scratch.write('mixed/a.pkr.hcl', 'variable "a" {\n default = 1\n}\n');
    scratch.write('mixed/b.json', '{"builders":[{"type":"null"}]}');
    const check = await scratch.run(['fmt', '-check', 'mixed']);
    assert.deepEqual([check.code, check.stdout], [3, 'mixed/a.pkr.hcl\nmixed/b.json\n']);
    assert.equal((await scratch.run(['fmt', 'mixed'])).code, 0);
    assert.equal((await scratch.run(['fmt', '-check', 'mixed'])).code, 0);
  });
});
