import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'mocha';
import { hasTool } from '../helpers/tools.ts';

const REPO = fileURLToPath(new URL('../../', import.meta.url));
/** What npm says where it cannot reach its registry. */
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/;

const builder = {
  type: 'amazon-ebs',
  region: '{{user `region`}}',
  source_ami: 'ami-12345678',
  instance_type: 't3.micro',
  ssh_username: 'ubuntu',
  ami_name: 'web-{{timestamp}}',
  temporary_security_group_source_public_ip: true,
};
const template = (extra: object = {}): string =>
  JSON.stringify({ variables: { region: null }, builders: [{ ...builder, ...extra }] });

interface Run {
  readonly code: number | null;
  readonly output: string;
}

describe('the hooks with the real pre-commit', function () {
  this.timeout(600_000);
  let root = '';
  let user = '';
  const path = (name: string): string => join(user, name);

  const env = (): NodeJS.ProcessEnv => ({
    ...process.env,
    PRE_COMMIT_HOME: join(root, 'home'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  });

  function git(cwd: string, ...args: string[]): string {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid', '-c', 'init.defaultBranch=main'];
    const result = spawnSync('git', [...who, ...args], { cwd, encoding: 'utf8', env: env() });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  }

  function preCommit(...args: string[]): Promise<Run> {
    const child = spawn('pre-commit', ['run', '--all-files', '--color=never', ...args], { cwd: user, env: env() });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        output += String(chunk);
      });
    }
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', code => resolve({ code, output }));
    });
  }

  function write(name: string, text: string): void {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
    git(user, 'add', '-A');
  }

  before(async function () {
    if (!hasTool('pre-commit') || !hasTool('git') || !hasTool('npm')) return this.skip();
    root = mkdtempSync(join(tmpdir(), 'kiln-pre-commit-'));
    // The working tree as it is, committed in a repository of its own.
    const hooks = join(root, 'kiln');
    for (const file of git(REPO, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate').split(
      '\0',
    ))
      if (file !== '') cpSync(join(REPO, file), join(hooks, file), { force: true });
    git(hooks, 'init', '--quiet');
    git(hooks, 'add', '-A');
    git(hooks, 'commit', '--quiet', '--message', 'Everything');

    user = join(root, 'user');
    mkdirSync(user);
    git(user, 'init', '--quiet');
    write(
      '.pre-commit-config.yaml',
      `repos:
  - repo: ${hooks}
    rev: ${git(hooks, 'rev-parse', 'HEAD').trim()}
    hooks:
      - id: kiln-fix
      - id: kiln-fmt
      - id: kiln-validate
        args: [-var-file=packer/prod.vars.json]
`,
    );
    write('package.json', '{"name":"not-a-template"}');
    write('packer/prod.vars.json', '{"region":"eu-west-1"}');
    write('packer/web.json', template());
    const first = await preCommit();
    if (first.code !== 0 && OFFLINE.test(first.output)) this.skip();
    assert.match(first.output, /kiln-fmt/);
    git(user, 'add', '-A');
  });

  after(() => {
    if (root) rmSync(root, { recursive: true, force: true });
  });

  it('passes when all is well, with the arguments for validate', async () => {
    const { code, output } = await preCommit();
    assert.equal(code, 0, output);
    assert.equal(output.match(/Passed/g)?.length, 3, output);
    assert.equal(readFileSync(path('package.json'), 'utf8'), '{"name":"not-a-template"}');
  });

  it('formats and fixes what needs it, and fails then', async () => {
    write('packer/old.json', template({ ssh_private_ip: true }));
    const { code, output } = await preCommit();
    assert.equal(code, 1);
    assert.match(output, /hook id: kiln-fix\n- files were modified by this hook\n\npacker\/old\.json/);
    assert.match(readFileSync(path('packer/old.json'), 'utf8'), /^ {6}"ssh_interface": "private_ip",$/m);
    git(user, 'add', '-A');
    assert.equal((await preCommit()).code, 0);
  });

  it('shows what is wrong, and lets the commit fail', async () => {
    write('packer/bad.json', template({ instance_typ: 'x' }));
    await preCommit('kiln-fmt');
    const { code, output } = await preCommit('kiln-validate');
    assert.equal(code, 1);
    assert.match(output, /packer\/bad\.json:\d+:\d+/);
    assert.match(output, /1 of 3 templates are not valid\./);
    rmSync(path('packer/bad.json'));
    git(user, 'add', '-A');
  });

  it('checks many files in one process', async () => {
    for (let index = 0; index < 120; index++)
      writeFileSync(path(`packer/many-${index}.json`), template({ type: 'nope' }));
    git(user, 'add', '-A');
    const { output } = await preCommit('kiln-validate');
    assert.match(output, /120 of 122 templates are not valid\./);
    for (let index = 0; index < 120; index++) rmSync(path(`packer/many-${index}.json`));
    git(user, 'add', '-A');
  });

  it('is safe when several run at once', async () => {
    write('packer/other.json', template({ ssh_private_ip: true }));
    const results = await Promise.all(Array.from({ length: 4 }, () => preCommit()));
    for (const { output } of results) assert.doesNotMatch(output, /error:|unexpected/i);
    const { builders } = JSON.parse(readFileSync(path('packer/other.json'), 'utf8')) as { builders: object[] };
    assert.deepEqual(builders, [{ ...builder, ssh_interface: 'private_ip' }]);
    git(user, 'add', '-A');
    assert.equal((await preCommit()).code, 0);
  });
});
