import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { Scratch } from '../helpers/kiln.ts';

const scratch = new Scratch();
after(() => scratch.remove());

const NULL_BUILDER = { type: 'null', communicator: 'none' };

describe('bad input: one clear message, exit code 1', function () {
  this.timeout(60_000);
  const cases: readonly [title: string, content: string | object | undefined, message: RegExp][] = [
    ['a missing template', undefined, /does not exist|no such file/i],
    ['an empty template', '', /empty/i],
    ['a binary template', '\u0000\u0001\u0002ELF\u0000', /binary|not text|NUL/i],
    ['a template that ends early', '{"builders": [{"type": "null"', /end|close/i],
    ['a missing comma', '{\n  "builders": []\n  "provisioners": []\n}', /comma/i],
    ['a list instead of an object', '[]', /object/],
    [
      'a wrong type',
      { builders: [{ ...NULL_BUILDER }], provisioners: [{ type: 'shell', inline: { a: 1 } }] },
      /"inline" takes/,
    ],
    ['an unknown root key', { builders: [NULL_BUILDER], provisoners: [] }, /provisoners/],
    [
      'an unknown option',
      { builders: [NULL_BUILDER], provisioners: [{ type: 'shell', inlin: ['x'] }] },
      /unknown option "inlin"/,
    ],
    ['an unknown builder', { builders: [{ type: 'amazn-ebs' }] }, /unknown builder type "amazn-ebs"/],
    [
      'a builder of another platform',
      { builders: [{ type: 'virtualbox-iso' }] },
      /virtualbox-iso" is not built into kiln/,
    ],
    ['two builders of one name', { builders: [NULL_BUILDER, NULL_BUILDER] }, /two builders are called "null"/],
    [
      'a duplicate key',
      '{"builders": [{"type": "null", "type": "null", "communicator": "none"}]}',
      /type.*(twice|duplicate)|duplicate.*type/i,
    ],
    [
      'a script that is not there',
      { builders: [NULL_BUILDER], provisioners: [{ type: 'shell', script: 'nowhere.sh' }] },
      /nowhere\.sh/,
    ],
    [
      'a required variable without a value',
      { variables: { region: null }, builders: [NULL_BUILDER] },
      /required variable not set: region/,
    ],
    ['no builder at all', { builders: [] }, /builder/],
  ];
  for (const [title, content, message] of cases) {
    it(title, async () => {
      const name = `${title.replaceAll(/\W+/g, '-')}.json`;
      if (content !== undefined) scratch.write(name, content);
      const result = await scratch.run(['validate', name]);
      assert.equal(result.code, 1, result.stdout);
      assert.match(result.stderr, message);
      assert.doesNotMatch(result.stderr, /\n\s+at .*:\d+:\d+\)?/, 'a stack trace is shown');
      assert.equal(result.stdout, '');
    });
  }

  it('a huge file', async () => {
    const path = scratch.write('huge.json', '');
    truncateSync(path, 200 << 20);
    const result = await scratch.run(['validate', 'huge.json']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /MiB|large|huge/);
  });

  it('a folder instead of a file', async () => {
    mkdirSync(join(scratch.dir, 'work', 'folder'), { recursive: true });
    const result = await scratch.run(['fix', 'folder']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /folder/);
  });

  it('a file nobody may read (not as root, who may)', async function () {
    if (process.getuid?.() === 0) this.skip();
    chmodSync(scratch.write('closed.json', '{}'), 0);
    const result = await scratch.run(['validate', 'closed.json']);
    assert.match(result.stderr, /may not be read/);
  });

  it('points at file, line and column, and suggests the nearest name', async () => {
    scratch.write('place.json', '{\n  "builders": [\n    { "type": "null", "comunicator": "none" }\n  ]\n}\n');
    const { stderr } = await scratch.run(['validate', 'place.json']);
    assert.match(stderr, /place\.json:3:23/);
    assert.match(stderr, /did you mean "communicator"\?/);
  });
});

describe('commands', function () {
  this.timeout(60_000);
  it('kiln without a command, or with an unknown one, shows help and exits 127', async () => {
    const none = await scratch.run([]);
    assert.equal(none.code, 127);
    assert.match(none.stdout, /Usage: kiln/);
    const unknown = await scratch.run(['biuld']);
    assert.equal(unknown.code, 127);
    assert.match(unknown.stderr, /did you mean "build"\?/);
  });
  it('shows help for a command and exits 0', async () => {
    const result = await scratch.run(['build', '-help']);
    assert.equal(result.code, 0);
    assert.match(result.stdout, /-on-error/);
    assert.match(result.stdout, /-var-file/);
  });
  it('version is the one of package.json', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.match((await scratch.run(['version'])).stdout, new RegExp(`^kiln v${version.replaceAll('.', '\\.')} `));
    assert.match((await scratch.run(['-version'])).stdout, /^kiln v/);
  });
  it('an unknown flag exits 1 with a hint', async () => {
    const result = await scratch.run(['validate', '-sintax-only', 'x.json']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /did you mean -syntax-only\?/);
  });
  it('validate takes several templates and flags after them', async () => {
    scratch.write('one.json', { variables: { a: null }, builders: [NULL_BUILDER] });
    scratch.write('two.json', { builders: [NULL_BUILDER] });
    const result = await scratch.run(['validate', 'one.json', 'two.json', '-var', 'a=1']);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /All 2 templates are valid/);
  });
  it('validate reads standard input', async () => {
    const result = await scratch.run(['validate', '-'], {}, JSON.stringify({ builders: [NULL_BUILDER] }));
    assert.equal(result.code, 0, result.stderr);
  });
  it('fmt rewrites, -check tells, a broken file stays', async () => {
    const path = scratch.write('fmt.json', '{"builders":[{"type":"null"}]}');
    assert.equal((await scratch.run(['fmt', '-check', 'fmt.json'])).code, 3);
    assert.equal((await scratch.run(['fmt', 'fmt.json'])).code, 0);
    assert.equal(scratch.read('fmt.json'), '{\n  "builders": [\n    {\n      "type": "null"\n    }\n  ]\n}\n');
    assert.equal((await scratch.run(['fmt', '-check', 'fmt.json'])).code, 0);
    const mode = statSync(path).mode;
    const broken = scratch.write('broken.json', '{"a": ');
    assert.equal((await scratch.run(['fmt', 'broken.json'])).code, 1);
    assert.equal(readFileSync(broken, 'utf8'), '{"a": ');
    assert.equal(statSync(path).mode, mode);
  });
  it('fmt leaves other JSON files of a folder alone', async () => {
    scratch.write('tree/package.json', '{"name":"x"}');
    scratch.write('tree/web.json', '{"builders":[]}');
    const result = await scratch.run(['fmt', '-check', 'tree']);
    assert.equal(result.stdout, 'tree/web.json\n');
  });
  it('fix prints the template without options Packer no longer knows', async () => {
    scratch.write('fix.json', { builders: [{ ...NULL_BUILDER, ssh_wait_timeout: '5m' }] });
    const result = await scratch.run(['fix', 'fix.json']);
    assert.equal(result.code, 0);
    assert.match(result.stdout, /"ssh_timeout": "5m"/);
  });
  it('inspect shows variables, builders and provisioners in machine-readable form', async () => {
    scratch.write('inspect.json', {
      variables: { b: 'x', a: null },
      builders: [NULL_BUILDER],
      provisioners: [{ type: 'shell', inline: ['x'] }],
    });
    const { stdout } = await scratch.run(['inspect', '-machine-readable', 'inspect.json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => line.replace(/^\d+/, 'T'));
    assert.deepEqual(lines, [
      'T,,template-variable,a,,1',
      'T,,template-variable,b,x,0',
      'T,,template-builder,null,null',
      'T,,template-provisioner,shell',
    ]);
  });
  it('init has nothing to download for what is built in', async () => {
    scratch.write(
      'init.pkr.hcl',
      'packer {\n  required_plugins {\n    amazon = {\n      version = "~> 1"\n      source  = "github.com/hashicorp/amazon"\n    }\n    docker = {\n      version = "~> 1"\n      source  = "github.com/hashicorp/docker"\n    }\n  }\n}\n',
    );
    const result = await scratch.run(['init', '-upgrade', 'init.pkr.hcl']);
    assert.match(result.stdout, /amazon.*built in/);
    assert.match(result.stderr, /hashicorp\/docker" is not built into kiln/);
    assert.match(result.stderr, /init\.pkr\.hcl:7/);
    assert.match(result.stderr, /no build uses it/);
  });
  it('init names the blocks that need what is not built in, and files that are not there', async () => {
    scratch.write(
      'needs.pkr.hcl',
      'packer {\n  required_plugins {\n    docker = {\n      version = "~> 1"\n      source  = "github.com/hashicorp/docker"\n    }\n  }\n}\nsource "docker" "x" {\n  image = "ubuntu"\n}\nbuild {\n  sources = ["docker.x"]\n  post-processor "docker-tag" {}\n}\n',
    );
    const { code, stderr } = await scratch.run(['init', '-y', '-force', 'needs.pkr.hcl']);
    assert.equal(code, 0);
    assert.match(stderr, /needed by source "docker" \(needs\.pkr\.hcl:9:8\)/);
    assert.match(stderr, /needed by post-processor "docker-tag" \(needs\.pkr\.hcl:14:18\)/);
    const missing = await scratch.run(['init', 'nope.json']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /"nope\.json" does not exist/);
  });
  it('console evaluates piped lines and prints the last result', async () => {
    scratch.write('console.json', { variables: { name: 'web' }, builders: [NULL_BUILDER] });
    const result = await scratch.run(['console', 'console.json'], {}, '{{ upper `x` }}\n{{ user `name` | upper }}\n');
    assert.equal(result.stdout, 'WEB\n');
    assert.equal(result.code, 0);
  });
  it('build without AWS at hand says what to do', async () => {
    scratch.write('aws.json', {
      builders: [
        {
          type: 'amazon-ebs',
          region: 'us-east-1',
          source_ami: 'ami-12345678',
          instance_type: 't3.micro',
          ssh_username: 'x',
          ami_name: 'abc',
          temporary_security_group_source_cidrs: ['10.0.0.0/8'],
        },
      ],
    });
    const result = await scratch.run(['build', 'aws.json'], {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /credentials/);
    assert.match(result.stderr, /--local|-local/);
  });
  it('build runs a null builder with shell-local and a manifest', async () => {
    scratch.write('null.json', {
      builders: [NULL_BUILDER],
      provisioners: [{ type: 'shell-local', inline: ['echo from $PACKER_BUILD_NAME'] }],
      'post-processors': ['manifest'],
    });
    const result = await scratch.run(['build', 'null.json']);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, / {4}null: from null/);
    assert.match(scratch.read('packer-manifest.json'), /"artifact_id": "Null"/);
  });
});
