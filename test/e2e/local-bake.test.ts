import assert from 'node:assert/strict';
import { after, describe, it } from 'mocha';
import { finish, type Result, Scratch, whyNoMachines } from '../helpers/kiln.ts';

const AMI = /us-east-1:\s*(ami-[0-9a-f]+)/;

function builder(extra: object = {}): object {
  return {
    type: 'amazon-ebs',
    region: 'us-east-1',
    source_ami: 'ami-0abcdef1234567890',
    instance_type: 't3.micro',
    ssh_username: 'ubuntu',
    temporary_security_group_source_cidrs: ['127.0.0.0/8'],
    ami_name: 'base-{{timestamp}}',
    ...extra,
  };
}

function succeeded(result: Result): Result {
  assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
  return result;
}

function amiOf(result: Result): string {
  const id = AMI.exec(result.stdout)?.[1];
  assert.ok(id, result.stdout);
  return id;
}

const skip = whyNoMachines();

describe(`kiln build --local${skip ? ` (skipped: ${skip})` : ''}`, function () {
  this.timeout(120_000);
  const scratch = new Scratch();
  before(function () {
    if (skip) this.skip();
  });
  after(() => scratch.remove());
  afterEach(() => {
    assert.deepEqual(scratch.mounts(), []);
  });

  it('bakes a template of the usual tutorial, unchanged', async () => {
    scratch.write('vars.json', {
      access_key: 'AKIAEXAMPLEEXAMPLE',
      secret_key: 'a-very-secret-key',
      source_ami: 'ami-0c55b159cbfafe1f0',
    });
    scratch.write(
      'setup.sh',
      '#!/bin/bash\nset -e\nsudo mkdir -p /opt/app\necho baked | sudo tee /opt/app/stamp\nsudo useradd -m appuser\necho "key is a-very-secret-key"\n',
    );
    scratch.write('packer.json', {
      variables: { access_key: '', secret_key: '', source_ami: '' },
      'sensitive-variables': ['secret_key'],
      builders: [
        {
          type: 'amazon-ebs',
          access_key: '{{user `access_key`}}',
          secret_key: '{{user `secret_key`}}',
          region: 'us-east-1',
          source_ami: '{{user `source_ami`}}',
          instance_type: 't2.micro',
          ssh_username: 'ubuntu',
          ami_name: 'packer-linux-aws-demo-{{timestamp}}',
        },
      ],
      provisioners: [{ type: 'shell', script: 'setup.sh' }],
      'post-processors': [{ type: 'manifest', output: 'out.json' }],
    });
    const result = succeeded(await scratch.run(['build', '--local', '-var-file=vars.json', 'packer.json']));
    assert.doesNotMatch(result.stdout + result.stderr, /a-very-secret-key/);
    assert.match(result.stdout, /key is <sensitive>/);
    const manifest = JSON.parse(scratch.read('out.json')) as {
      builds: Record<string, unknown>[];
      last_run_uuid: string;
    };
    const [build] = manifest.builds;
    assert.deepEqual(Object.keys(manifest), ['builds', 'last_run_uuid']);
    assert.deepEqual(Object.keys(build ?? {}), [
      'name',
      'builder_type',
      'build_time',
      'files',
      'artifact_id',
      'packer_run_uuid',
      'custom_data',
    ]);
    assert.equal(build?.['artifact_id'], `us-east-1:${amiOf(result)}`);
    assert.equal(build?.['packer_run_uuid'], manifest.last_run_uuid);
    assert.equal(build?.['files'], null);
  });

  it('launches what it baked: files, users and enabled units are there', async () => {
    scratch.write('first.json', {
      builders: [builder({ ami_name: 'first' })],
      provisioners: [
        {
          type: 'shell',
          inline: [
            'echo kept | sudo tee /opt/kept',
            'sudo useradd -m keeper',
            'printf \'[Service]\\nExecStart=/bin/sh -c "echo up > /run/marker; exec sleep 1000"\\n[Install]\\nWantedBy=multi-user.target\\n\' | sudo tee /etc/systemd/system/marker.service',
            'sudo mkdir -p /etc/systemd/system/multi-user.target.wants',
            'sudo ln -s ../marker.service /etc/systemd/system/multi-user.target.wants/marker.service',
          ],
        },
      ],
    });
    const first = amiOf(succeeded(await scratch.run(['build', '--local', 'first.json'])));
    scratch.write('second.json', {
      builders: [builder({ source_ami: first, ami_name: 'second' })],
      provisioners: [
        { type: 'shell', inline: ['test "$(cat /opt/kept)" = kept', 'id keeper'] },
        // Under systemd the unit of the first image must come up by itself; without systemd there is nothing to see.
        {
          type: 'shell',
          inline: [
            'test -d /run/systemd/system || { echo no systemd here; exit 0; }',
            'for i in $(seq 200); do test -f /run/marker && exec echo unit is up; sleep 0.1; done',
            'exit 1',
          ],
        },
      ],
    });
    const second = succeeded(await scratch.run(['build', '--local', 'second.json']));
    assert.match(second.stdout, /unit is up|no systemd here/);
  });

  it('bakes two builders at once', async () => {
    scratch.write('two.json', {
      builders: [builder({ name: 'one', ami_name: 'two-one' }), builder({ name: 'two', ami_name: 'two-two' })],
      provisioners: [{ type: 'shell', inline: ['echo "$PACKER_BUILD_NAME" | sudo tee /opt/name'] }],
      'post-processors': [{ type: 'manifest', output: 'two-manifest.json' }],
    });
    succeeded(await scratch.run(['build', '--local', 'two.json']));
    const { builds } = JSON.parse(scratch.read('two-manifest.json')) as { builds: { name: string }[] };
    assert.deepEqual(builds.map(build => build.name).sort(), ['one', 'two']);
  });

  const failures: readonly [string, object, object[], RegExp][] = [
    ['a script that fails', {}, [{ type: 'shell', inline: ['exit 3'] }], /non-zero exit status: 3/],
    ['a source AMI that is not there', { source_ami: 'ami-0bad0000000000000' }, [], /ami-0bad0000000000000/],
    ['a name that is taken', { ami_name: 'first' }, [], /"?first"?.*(taken|exists|in use|used)/i],
    [
      'a refused login',
      { ssh_password: 'wrong', ssh_timeout: '5s', ssh_handshake_attempts: 2 },
      [],
      /authenticat|log in|login/i,
    ],
  ];
  for (const [title, extra, provisioners, message] of failures) {
    it(`fails with one clear message and leaves nothing: ${title}`, async () => {
      scratch.write('bad.json', { builders: [builder({ ami_name: 'bad', ...extra })], provisioners });
      const result = await scratch.run(['build', '--local', 'bad.json']);
      assert.equal(result.code, 1, result.stdout);
      assert.match(result.stderr, message);
      assert.doesNotMatch(result.stderr, /\n\s+at /);
      const left = await scratch.run(['gc', '-json']);
      assert.equal(left.stdout, '');
    });
  }

  it('cleans up after SIGINT in the middle of a script', async () => {
    scratch.write('slow.json', {
      builders: [builder({ ami_name: 'slow' })],
      provisioners: [{ type: 'shell', inline: ['echo started', 'sleep 1000'] }],
    });
    const child = scratch.start(['build', '--local', 'slow.json']);
    const ended = finish(child);
    await new Promise<void>(resolve =>
      child.stdout?.on('data', chunk => String(chunk).includes('started') && resolve()),
    );
    child.kill('SIGINT');
    const result = await ended;
    assert.equal(result.code, 1);
    assert.match(result.stdout, /Cleanly cancelled builds/);
    assert.equal((await scratch.run(['gc', '-json'])).stdout, '');
  });

  it('leaves no process and no mount when it is killed, and gc removes the rest', async () => {
    scratch.write('killed.json', {
      builders: [builder({ ami_name: 'killed' })],
      provisioners: [{ type: 'shell', inline: ['echo started', 'sleep 1000'] }],
    });
    const child = scratch.start(['build', '--local', 'killed.json']);
    const ended = finish(child);
    await new Promise<void>(resolve =>
      child.stdout?.on('data', chunk => String(chunk).includes('started') && resolve()),
    );
    child.kill('SIGKILL');
    await ended;
    const listed = await scratch.run(['gc', '-json']);
    assert.match(listed.stdout, /"kind":"ec2:instance"/);
    succeeded(await scratch.run(['gc', '-yes']));
    assert.equal((await scratch.run(['gc', '-json'])).stdout, '');
  });
});
