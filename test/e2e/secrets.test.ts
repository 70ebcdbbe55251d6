import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { type Result, Scratch } from '../helpers/kiln.ts';

const SECRET = 'S3cr3t: p@ss/"w0rd" & ümlaut\n-----second line-----\nthird=line?';

/** Prints what it is given in a form that programs print things in. */
const FORMS: Readonly<Record<string, string>> = {
  plain: 'process.stdout.write(s)',
  'on standard error': 'process.stderr.write(s)',
  'with Windows line ends': String.raw`process.stdout.write(s.replaceAll("\n", "\r\n"))`,
  'line by line, indented': String.raw`for (const l of s.split("\n")) console.log("    > " + l)`,
  base64: 'console.log(Buffer.from(s).toString("base64"))',
  'base64, as echo would pipe it': String.raw`console.log(Buffer.from(s + "\n").toString("base64"))`,
  'base64 for URLs': 'console.log(Buffer.from(s).toString("base64url"))',
  'base64 inside of a longer text':
    'for (const p of ["u:", "us:", "usr:"]) console.log(Buffer.from(p + s + ":x").toString("base64"))',
  'base64 in lines of 76': String.raw`console.log(Buffer.from(s).toString("base64").replace(/.{76}/g, "$&\n"))`,
  'URL-encoded': 'console.log("https://x/?q=" + encodeURIComponent(s))',
  'URL-encoded as a form': 'console.log(String(new URLSearchParams({ q: s })))',
  'JSON-escaped': 'console.log(JSON.stringify({ password: s }))',
  'JSON-escaped in ASCII': String.raw`console.log(JSON.stringify(s).replace(/[\x80-\uffff]/g, c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")))`,
  'in the middle of a line': 'console.log("password is " + s + ", is it?")',
};

/** Pieces that give the secret away: what each line says, and it in base64, of any alignment. */
const TRACES = [
  'S3cr3t',
  'w0rd',
  'second line',
  'second%20line',
  'second+line',
  'third=line',
  ...['S3cr3t: p@ss/', 'second line----'].flatMap(text =>
    [0, 1, 2].map(shift =>
      Buffer.from('x'.repeat(shift) + text)
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, -4),
    ),
  ),
];

function template(script: string, extra: object = {}): object {
  return {
    variables: { password: null },
    'sensitive-variables': ['password'],
    builders: [{ type: 'null', communicator: 'none' }],
    provisioners: [
      {
        type: 'shell-local',
        environment_vars: ['PASSWORD={{user `password`}}'],
        inline: [`'${process.execPath}' -e '${script}'`],
        ...extra,
      },
    ],
  };
}

function assertClean({ stdout, stderr }: Result): void {
  for (const trace of TRACES)
    for (const [name, text] of Object.entries({ stdout, stderr }))
      assert.ok(!text.includes(trace), `${name} gives "${trace}" away:\n${text}`);
}

describe('sensitive values, end to end', () => {
  let scratch: Scratch;
  afterEach(() => scratch.remove());

  async function bake(document: object, args: readonly string[] = []): Promise<Result> {
    scratch = new Scratch();
    const varFile = scratch.write('secret.vars.json', { password: SECRET });
    const result = await scratch.run(['build', ...args, `-var-file=${varFile}`, scratch.write('t.json', document)]);
    assertClean(result);
    return result;
  }

  it('are what the script gets', async () => {
    scratch = new Scratch();
    const out = `${scratch.dir}/seen`;
    const document = template(`require("node:fs").writeFileSync("${out}", process.env.PASSWORD)`);
    const varFile = scratch.write('secret.vars.json', { password: SECRET });
    const result = await scratch.run(['build', `-var-file=${varFile}`, scratch.write('t.json', document)]);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(scratch.read('../seen'), SECRET);
  });

  for (const [form, print] of Object.entries(FORMS)) {
    it(`are masked ${form}`, async () => {
      const { code, stdout, stderr } = await bake(template(`const s = process.env.PASSWORD; ${print}`));
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout + stderr, /<sensitive>/);
    });
  }

  for (const mode of ['--json', '-machine-readable', '-timestamp-ui']) {
    it(`are masked in the output of ${mode}`, async () => {
      const { code, stdout } = await bake(template('console.log(process.env.PASSWORD)'), [mode]);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /<sensitive>/);
    });
  }

  it('are masked in the messages of what fails', async () => {
    const failing = template('process.exit(1)', { execute_command: ['{{user `password`}}', '{{.Script}}'] });
    const { code, stderr } = await bake(failing);
    assert.equal(code, 1);
    assert.match(stderr, /<sensitive>/);
  });

  for (const mode of ['--json', '-machine-readable', '-color=false']) {
    it(`are masked in names of files that are artifacts, with ${mode}`, async () => {
      const document = {
        variables: { token: 'S3cr3t-w0rd' },
        'sensitive-variables': ['token'],
        builders: [{ type: 'file', content: 'x', target: 'out-{{user `token`}}.txt' }],
      };
      scratch = new Scratch();
      const result = await scratch.run(['build', mode, scratch.write('t.json', document)]);
      assert.equal(result.code, 0, result.stdout + result.stderr);
      assertClean(result);
      assert.equal(scratch.read('out-S3cr3t-w0rd.txt'), 'x');
    });
  }

  it('are masked in what validate and inspect say', async () => {
    scratch = new Scratch();
    const document = {
      variables: { token: 'S3cr3t-w0rd' },
      'sensitive-variables': ['token'],
      builders: [{ type: 'null', communicator: '{{user `token`}}' }],
    };
    const path = scratch.write('t.json', document);
    for (const mode of ['--json', '-machine-readable', '-color=false']) {
      const validated = await scratch.run(['validate', mode, path]);
      assert.equal(validated.code, 1);
      assert.ok(!`${validated.stdout}${validated.stderr}`.includes('w0rd'), validated.stdout);
    }
    const inspected = await scratch.run(['inspect', '-machine-readable', path]);
    assert.doesNotMatch(inspected.stdout, /w0rd/);
    assert.match(inspected.stdout, /template-variable,token,<sensitive>,0/);
    const { variables } = JSON.parse((await scratch.run(['inspect', '--json', path])).stdout);
    assert.deepEqual(variables, [{ name: 'token', default: '<sensitive>', required: false, sensitive: true }]);
    assert.doesNotMatch((await scratch.run(['inspect', path])).stdout, /w0rd/);
  });

  it('are masked in excerpts of files with mistakes, also those that do not count', async () => {
    scratch = new Scratch();
    scratch.write('t.json', {
      variables: { token: 'S3cr3t-default', size: '' },
      'sensitive-variables': ['token'],
      builders: [{ type: 'null', communicator: 'none', bogus: 'S3cr3t-default' }],
    });
    const varFiles = [
      '{"token": "S3cr3t-one" "size": "x"}',
      '{"token": "S3cr3t-one", "token": "S3cr3t-two"}',
      '{"token": 5333333, "size": {}}',
      `{"token": "${'S3cr3t'.repeat(60)}", "size": 5}`,
    ];
    for (const text of varFiles) {
      scratch.write('v.json', text);
      for (const mode of ['--json', '-machine-readable', '-color=false']) {
        const { code, stdout, stderr } = await scratch.run(['validate', mode, '-var-file=v.json', 't.json']);
        assert.equal(code, 1);
        assert.doesNotMatch(stdout + stderr, /S3cr3t|5333333/, text);
      }
    }
  });

  it('are masked in excerpts of HCL2 files with mistakes too', async () => {
    scratch = new Scratch();
    scratch.write(
      't.pkr.hcl',
      `variable "token" {
  type = string
  default = "S3cr3t-default"
  sensitive = true
}
source "null" "a" {
  communicator = "none"
  bogus = "S3cr3t-default"
}
build { sources = ["null.a"] }
`,
    );
    scratch.write('same-line.pkrvars.hcl', 'token = "S3cr3t-one" size = 5\n');
    scratch.write('open.pkrvars.hcl', 'token = "S3cr3t-one\n');
    scratch.write('type.pkrvars.hcl', 'token = ["S3cr3t-one", "S3cr3t-two"]\n');
    scratch.write('number.pkrvars.hcl', 'token = 5333333 5\n');
    scratch.write('data.pkrvars.json', '{"token": "S3cr3t-one" "size": 5}\n');
    for (const name of [
      'same-line.pkrvars.hcl',
      'open.pkrvars.hcl',
      'type.pkrvars.hcl',
      'number.pkrvars.hcl',
      'data.pkrvars.json',
    ]) {
      const { code, stderr } = await scratch.run(['validate', `-var-file=${name}`, 't.pkr.hcl']);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`--> ${name.replaceAll('.', '\\.')}:1:`));
      assert.doesNotMatch(stderr, /S3cr3t|5333333/, name);
    }
    const { stderr } = await scratch.run(['validate', '-var=token=other', 't.pkr.hcl']);
    assert.match(stderr, /bogus = "<sensitive>"/);
  });

  it('are masked in the console', async () => {
    scratch = new Scratch();
    scratch.write('t.json', template('true'));
    const args = ['console', '-var', 'password=S3cr3t-w0rd', 't.json'];
    const { stdout } = await scratch.run(args, {}, 'the {{user `password`}}\n');
    assert.equal(stdout, 'the <sensitive>\n');
  });

  it('are masked when only an option is secret by nature', async () => {
    scratch = new Scratch();
    const document = {
      builders: [
        {
          type: 'null',
          ssh_host: '127.0.0.1',
          ssh_port: 1,
          ssh_username: 'x',
          ssh_password: 'S3cr3t-w0rd',
          ssh_timeout: '1s',
        },
      ],
      provisioners: [],
    };
    const result = await scratch.run(['build', '--json', scratch.write('t.json', document)]);
    assert.equal(result.code, 1);
    assertClean(result);
  });
});
