import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { after, before, describe, it } from 'mocha';
import { finish, type Result, Scratch, whyNoMachines } from '../helpers/kiln.ts';

const skip = whyNoMachines();

/** How a machine shows that it is going to power itself off after six hours: by the sleep that waits for it. */
const SCHEDULED = 'pgrep -f "sleep (21600|21[45][0-9][0-9])$"';

function template(inline: readonly string[], extra: object): object {
  return {
    builders: [
      {
        type: 'amazon-ebs',
        region: 'us-east-1',
        source_ami: 'ami-0abcdef1234567890',
        instance_type: 't3.micro',
        ssh_username: 'ubuntu',
        temporary_security_group_source_cidrs: ['127.0.0.0/8'],
        ...extra,
      },
    ],
    provisioners: [{ type: 'shell', inline }],
  };
}

describe(`max_build_time on real machines${skip ? ` (skipped: ${skip})` : ''}`, function () {
  this.timeout(180_000);
  const scratch = new Scratch();
  let up: ChildProcess | undefined;
  let ended: Promise<Result> | undefined;
  let env: NodeJS.ProcessEnv = {};

  before(async function () {
    if (skip) return this.skip();
    up = scratch.start(['local', 'up']);
    ended = finish(up);
    await new Promise<void>(resolve => up?.stdout?.on('data', chunk => /listens/.test(String(chunk)) && resolve()));
    // As if it were AWS: on the embedded EC2 itself (-local) there is no switch.
    const { stdout } = await scratch.run(['local', 'env']);
    env = Object.fromEntries([...stdout.matchAll(/export (\w+)='(.*)'/g)].map(match => [match[1], match[2]]));
  });
  after(async () => {
    up?.kill('SIGTERM');
    await ended;
    scratch.remove();
  });

  const build = (name: string, document: object): Promise<Result> => {
    scratch.write(name, document);
    return scratch.run(['build', name], env);
  };

  let ami = '';

  it('is armed, beside the user data of the template', async () => {
    const result = await build(
      'armed.json',
      template(['sudo cat /root/user-data-ran', SCHEDULED], {
        ami_name: 'armed',
        user_data: '#!/bin/sh\necho the user was here >/root/user-data-ran\n',
      }),
    );
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.match(result.stdout, /the user was here/);
    ami = /us-east-1: (ami-\w+)/.exec(result.stdout)?.[1] ?? '';
    assert.notEqual(ami, '');
  });

  it('is armed again after a reboot, and scripts of the template have run once', async () => {
    const result = await build('rebooted.json', {
      ...template([], { ami_name: 'rebooted', user_data: '#!/bin/sh\necho once >>/root/user-data-ran\n' }),
      provisioners: [
        { type: 'shell', inline: [SCHEDULED, 'sudo reboot'], expect_disconnect: true, pause_after: '3s' },
        { type: 'shell', inline: [SCHEDULED, 'sudo cat /root/user-data-ran'] },
      ],
    });
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(result.stdout.match(/: once$/gm)?.length, 1, result.stdout);
  });

  it('leaves nothing in the image that would shut the next instance down', async () => {
    const result = await build(
      'next.json',
      template([`if ${SCHEDULED}; then exit 1; fi`], { source_ami: ami, ami_name: 'next', max_build_time: 0 }),
    );
    assert.equal(result.code, 0, result.stdout + result.stderr);
  });

  it('ends the instance when nobody else does', async function () {
    if (!process.env['KILN_KILL_ALL']) return this.skip();
    const document = template(['echo sleeping; sleep 1000'], { ami_name: 'late', max_build_time: '1s' });
    const result = await build('late.json', document);
    assert.equal(result.code, 1);
    assert.equal((await scratch.run(['gc', '-json'], env)).stdout, '');
  });
});
