import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { finish, type Result, Scratch, whyNoMachines } from '../helpers/kiln.ts';

const skip = whyNoMachines();

function template(second: string, extra: object = {}): object {
  return {
    variables: { secret: '' },
    builders: [
      {
        type: 'amazon-ebs',
        region: 'us-east-1',
        source_ami: 'ami-0abcdef1234567890',
        instance_type: 't3.micro',
        ssh_username: 'ubuntu',
        temporary_security_group_source_cidrs: ['127.0.0.0/8'],
        ami_name: 'kept-{{timestamp}}',
        ...extra,
      },
    ],
    provisioners: [
      { type: 'shell', inline: ['echo first | sudo tee -a /opt/log'] },
      { type: 'shell', inline: [second] },
      { type: 'shell', inline: ['echo third {{user `secret`}} | sudo tee -a /opt/log', 'cat /opt/log'] },
    ],
    'post-processors': [{ type: 'manifest', output: 'manifest.json' }],
  };
}

describe(`kiln build -on-error=keep, ssh and resume${skip ? ` (skipped: ${skip})` : ''}`, function () {
  this.timeout(120_000);
  const scratch = new Scratch();
  let up: ChildProcess | undefined;
  let ended: Promise<Result> | undefined;
  const runs = join(scratch.dir, 'state', 'kiln', 'runs');
  const runId = (): string =>
    readdirSync(runs)
      .find(name => name.endsWith('.keep.json'))
      ?.split('.')[0] ?? '';

  before(async function () {
    if (skip) return this.skip();
    scratch.write('t.json', template('echo second; exit 3'));
    const early = await scratch.run(['build', '-local', '-on-error=keep', 't.json']);
    assert.equal(early.code, 1);
    assert.match(early.stderr, /kiln local up/);
    up = scratch.start(['local', 'up']);
    ended = finish(up);
    await new Promise<void>(resolve =>
      up?.stdout?.on('data', chunk => String(chunk).includes('listens on') && resolve()),
    );
  });
  after(async () => {
    up?.kill('SIGTERM');
    await ended;
    scratch.remove();
  });

  it('keeps the instance, and says how to go on', async () => {
    const result = await scratch.run(['build', '-local', '-on-error=keep', '-var', 'secret=s3cret', 't.json']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, new RegExp(`kiln resume ${runId()}`));
    assert.match(result.stderr, /exit status: 3/);
  });

  it('stores what it takes where only its owner can read it', () => {
    const path = join(runs, `${runId()}.keep.json`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const kept = JSON.parse(readFileSync(path, 'utf8')) as {
      invocation: { vars: unknown };
      builds: { provisioner: number; attachment: { privateKey: string } }[];
    };
    assert.deepEqual(kept.invocation.vars, [['secret', 's3cret']]);
    assert.equal(kept.builds[0]?.provisioner, 1);
    assert.match(kept.builds[0]?.attachment.privateKey ?? '', /PRIVATE KEY/);
  });

  it('runs commands on the kept instance, with their words, output and exit code', async () => {
    const shown = await scratch.run(['ssh', runId(), 'cat', '/opt/log', '-']);
    assert.deepEqual([shown.code, shown.stdout], [0, 'first\n']);
    const apart = await scratch.run(['ssh', 'last', '--', 'cat', '/opt/log', '-']);
    assert.deepEqual([apart.code, apart.stdout], [0, 'first\n']);
    const failed = await scratch.run(['ssh', 'last', 'echo to stderr >&2; exit 7']);
    assert.deepEqual([failed.code, failed.stderr], [7, 'to stderr\n']);
  });

  it('lists the kept instance with how to go on, and gc without -yes leaves it', async () => {
    const listed = await scratch.run(['gc']);
    assert.match(listed.stdout, /kiln resume/);
    assert.match(listed.stdout, /Nothing was removed/);
    assert.match((await scratch.run(['runs'])).stdout, /Z +kept +\d+ +[1-9]\d* +t\.json\n/);
    const history = (await scratch.run(['runs', runId()])).stdout;
    assert.match(history, /^Run \S+ of t\.json in \S+: kept\n\n/);
    assert.match(
      history,
      /Z {2}created instance i-\w+ in us-east-1\n[\s\S]*Z {2}provisioner 2: shell\n[\s\S]*Z {2}failed\n/,
    );
    assert.match(history, /go on with "kiln resume/);
  });

  it('says so when the template has lost the build', async () => {
    scratch.write('t.json', template('true', { name: 'other' }));
    const result = await scratch.run(['resume']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /no build "amazon-ebs"/);
  });

  it('is kept again when it fails again', async () => {
    scratch.write('t.json', template('echo still bad; exit 4'));
    const result = await scratch.run(['resume', runId()]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /exit status: 4/);
    assert.match(result.stdout, /Going on at provisioner 2 of 3/);
    assert.match(result.stderr, /The instance stays/);
  });

  it('goes on at the failed provisioner, with the template as it is now, and finishes like any build', async () => {
    scratch.write('t.json', template('echo mended | sudo tee -a /opt/log'));
    const result = await scratch.run(['resume']);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.match(result.stdout, / first\n.* mended\n.* third s3cret\n/);
    const { builds } = JSON.parse(scratch.read('manifest.json')) as { builds: { artifact_id: string }[] };
    const ami = /us-east-1: (ami-[0-9a-f]+)/.exec(result.stdout)?.[1];
    assert.equal(builds[0]?.artifact_id, `us-east-1:${ami}`);
    assert.deepEqual(
      readdirSync(runs).filter(name => !name.endsWith('.ndjson')),
      [],
    );
    assert.equal((await scratch.run(['gc', '-json'])).stdout, '');
    assert.match(
      (await scratch.run(['runs', 'last'])).stdout,
      /finished AMI [\s\S]*removed instance [\s\S]*Z {2}succeeded\n$/,
    );
  });

  it('has nothing to go on with afterwards', async () => {
    const result = await scratch.run(['resume']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /no run is kept/);
  });

  it('goes on with making the image when only that failed', async () => {
    scratch.write('t.json', template('true', { ami_name: 'kept-twice' }));
    assert.equal((await scratch.run(['build', '-local', 't.json'])).code, 0);
    // The name is free when the build is checked, and taken when the image is made.
    scratch.write('t.json', template('true', { ami_name: 'kept-twice', skip_create_ami: true }));
    const again = template('true', { ami_regions: ['eu-west-1'], ami_name: 'in-two-regions' });
    scratch.write('t.json', again);
    const child = scratch.start(['build', '-local', '-on-error=keep', 't.json']);
    const result = finish(child);
    await new Promise<void>(resolve =>
      child.stdout?.on('data', chunk => /Stopping the source instance/.test(String(chunk)) && resolve()),
    );
    child.kill('SIGINT');
    assert.equal((await result).code, 1);
    const resumed = await scratch.run(['resume']);
    assert.equal(resumed.code, 0, resumed.stdout + resumed.stderr);
    assert.doesNotMatch(resumed.stdout, /Provisioning/);
    assert.equal((await scratch.run(['gc', '-json'])).stdout, '');
  });

  it('gc removes a kept instance, and forgets the key', async () => {
    scratch.write('t.json', template('exit 5', { ami_name: 'never' }));
    assert.equal((await scratch.run(['build', '-local', '-on-error=keep', 't.json'])).code, 1);
    const removed = await scratch.run(['gc', '-yes']);
    assert.match(removed.stdout, /Removed instance/);
    assert.deepEqual(
      readdirSync(runs).filter(name => !name.endsWith('.ndjson')),
      [],
    );
    assert.match((await scratch.run(['resume'])).stderr, /no run is kept/);
  });
});
