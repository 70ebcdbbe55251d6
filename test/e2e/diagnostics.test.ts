import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Scratch } from '../helpers/kiln.ts';

const TEMPLATE = `{
  "variables": {"size": "big"},
  "builders": [
    {
      "type": "amazon-ebs",
      "region": "us-east-1",
      "source_ami": "ami-12345678",
      "instance_typ": "t3.micro",
      "instance_type": "t3.micro",
      "ssh_username": "ubuntu",
      "ami_name": "web",
      "temporary_security_group_source_public_ip": true,
      "launch_block_device_mappings": [{"device_name": "/dev/sda1", "volume_size": "{{user \`size\`}}"}]
    }
  ],
  "provisioners": [{"type": "shel", "inline": ["100% of a, b: c"]}]
}
`;

interface Place {
  readonly line: number;
  readonly column: number;
}
interface Line {
  readonly type: string;
  readonly severity?: string;
  readonly code?: string;
  readonly message?: string;
  readonly component?: string;
  readonly hint?: string;
  readonly range?: { readonly file: string; readonly start: Place; readonly end: Place };
  readonly notes?: readonly { readonly message: string; readonly range?: Line['range'] }[];
  readonly templates?: number;
  readonly invalid?: number;
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line);

describe('findings, through the command line', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
    scratch.write('web.json', TEMPLATE);
  });
  afterEach(() => scratch.remove());

  describe('--json', () => {
    it('gives one object for each finding, sorted by place, and the verdict last', async () => {
      const { code, stdout, stderr } = await scratch.run(['validate', '--json', 'web.json']);
      assert.equal(code, 1);
      assert.equal(stderr, '');
      const lines = linesOf(stdout);
      assert.deepEqual(lines.at(-1), { type: 'validated', templates: 1, invalid: 1 });
      const found = lines.slice(0, -1);
      assert.deepEqual(
        found.map(({ type, severity, code, component, range }) => [type, severity, code, component, range?.start.line]),
        [
          ['diagnostic', 'error', 'unknown-option', 'builder amazon-ebs', 8],
          ['diagnostic', 'error', 'wrong-type', 'builder amazon-ebs', 13],
          ['diagnostic', 'error', 'unknown-type', 'provisioner shel', 16],
        ],
      );
      const [option] = found;
      assert.deepEqual(option?.range, {
        file: 'web.json',
        start: { line: 8, column: 7 },
        end: { line: 8, column: 21 },
      });
      assert.match(option?.hint ?? '', /"instance_type"/);
    });

    it('points at the default that a value came from, and at the var-file that replaced it', async () => {
      const first = linesOf((await scratch.run(['validate', '--json', 'web.json'])).stdout);
      assert.deepEqual(first.find(one => one.code === 'wrong-type')?.notes?.[0]?.range, {
        file: 'web.json',
        start: { line: 2, column: 25 },
        end: { line: 2, column: 30 },
      });
      scratch.write('prod.vars.json', '{\n  "size": "huge"\n}\n');
      const { stdout } = await scratch.run(['validate', '--json', '-var-file=prod.vars.json', 'web.json']);
      const wrong = linesOf(stdout).find(one => one.code === 'wrong-type');
      assert.equal(wrong?.range?.start.line, 13);
      assert.match(wrong?.message ?? '', /"huge"/);
      const place = wrong?.notes?.[0]?.range;
      assert.deepEqual([place?.file, place?.start.line, place?.start.column], ['prod.vars.json', 2, 11]);
    });

    it('is empty but for the verdict when all is well', async () => {
      scratch.write('good.json', { builders: [{ type: 'null', communicator: 'none' }] });
      const { code, stdout } = await scratch.run(['validate', 'good.json', 'good.json', '--json']);
      assert.equal(code, 0);
      assert.deepEqual(linesOf(stdout), [{ type: 'validated', templates: 2, invalid: 0 }]);
    });

    it('tells of files that cannot be read or parsed too', async () => {
      scratch.write('broken.json', '{"builders": [}');
      for (const args of [
        ['validate', '--json', 'missing.json'],
        ['fmt', '--json', 'missing.json'],
        ['fmt', '--json', 'broken.json'],
        ['fix', '--json', 'broken.json'],
        ['inspect', '--json', 'broken.json'],
        ['build', '--json', 'broken.json'],
      ]) {
        const { code, stdout, stderr } = await scratch.run(args);
        assert.equal(code, 1, args.join(' '));
        assert.equal(stderr, '', args.join(' '));
        const [first] = linesOf(stdout);
        assert.deepEqual([first?.type, first?.severity], ['diagnostic', 'error'], args.join(' '));
        assert.ok(first?.code && first.message);
        if (args.includes('broken.json')) assert.equal(first?.range?.start.line, 1, args.join(' '));
      }
    });
  });

  describe('in GitHub Actions', () => {
    const env = { GITHUB_ACTIONS: 'true' };

    it('writes an annotation for each finding to stdout, and the text for people to stderr', async () => {
      const { code, stdout, stderr } = await scratch.run(['validate', 'web.json'], env);
      assert.equal(code, 1);
      const annotations = stdout.split('\n').filter(line => line.startsWith('::'));
      assert.equal(annotations.length, 3, stdout);
      assert.match(
        annotations[0] ?? '',
        /^::error file=web\.json,line=8,col=7,endLine=8,endColumn=21::unknown option "instance_typ"%0A/,
      );
      assert.match(stderr, /error: unknown option "instance_typ"\n *--> web\.json:8:7/);
    });

    it('escapes what would end an annotation or its properties', async () => {
      scratch.write('50%, a:b.json', '{"builders": [{"type": "null", "communicator": "100%\\n::error::"}]}');
      const { stdout } = await scratch.run(['validate', '50%, a:b.json'], env);
      const annotations = stdout.split('\n').filter(line => line.startsWith('::'));
      assert.ok(annotations.length > 0);
      for (const line of annotations)
        assert.match(line, /^::error file=50%25%2C a%3Ab\.json,line=1,col=\d+,endLine=1,endColumn=\d+::/);
      assert.match(annotations.join('\n'), /100%25/);
    });

    it('writes none for programs, and none when all is well', async () => {
      for (const args of [
        ['validate', '--json', 'web.json'],
        ['validate', '-machine-readable', 'web.json'],
      ])
        assert.doesNotMatch((await scratch.run(args, env)).stdout, /^::/m);
      scratch.write('good.json', { builders: [{ type: 'null', communicator: 'none' }] });
      assert.equal((await scratch.run(['validate', 'good.json'], env)).stdout, 'The configuration is valid.\n');
    });

    it('marks warnings as such', async () => {
      scratch.write('warn.json', { builders: [{ type: 'file', target: 'x' }] });
      const { code, stdout } = await scratch.run(['validate', 'warn.json'], env);
      assert.equal(code, 0);
      assert.match(stdout, /^::warning file=warn\.json,line=\d+/m);
    });
  });
});
