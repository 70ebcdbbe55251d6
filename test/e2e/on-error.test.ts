import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import { hollowEc2, leaks, SOURCE } from '../helpers/ebs-bake.ts';
import { finish, type Result, Scratch } from '../helpers/kiln.ts';

describe('-on-error, -debug and the error-cleanup-provisioner', function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let server: LocalEc2;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    scratch = new Scratch();
    server = await hollowEc2(join(scratch.dir, 'ec2'));
    env = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    };
  });
  afterEach(async () => {
    await server.close();
    scratch.remove();
  });

  const write = (extra: object = {}, inline = ['exit 3']): void => {
    scratch.write('template.json', {
      builders: [
        {
          type: 'amazon-ebs',
          region: 'us-east-1',
          source_ami: SOURCE,
          instance_type: 't3.micro',
          communicator: 'none',
          ami_name: 'an-image',
        },
      ],
      provisioners: [{ type: 'shell-local', inline }],
      'error-cleanup-provisioner': { type: 'shell-local', inline: ['echo cleaning; touch cleaned'] },
      ...extra,
    });
  };
  const build = (...flags: string[]): Promise<Result> => scratch.run(['build', ...flags, 'template.json'], env);
  /** Until the provisioner has begun, or the build has ended without. */
  const started = async (ended: Promise<Result>): Promise<void> => {
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!over && !existsSync(join(scratch.dir, 'work', 'started')))
      await new Promise(resolve => setTimeout(resolve, 10));
  };
  const cleaned = (): boolean => existsSync(join(scratch.dir, 'work', 'cleaned'));
  const left = (): string[] => Object.keys(leaks(server));

  it('cleanup: runs the error-cleanup-provisioner while the machine is there, then undoes all', async () => {
    write();
    const result = await build();
    assert.equal(result.code, 1);
    assert.match(result.stdout, /cleaning/);
    assert.ok(result.stdout.indexOf('cleaning') < result.stdout.indexOf('Terminating'), result.stdout);
    assert.ok(cleaned());
    assert.deepEqual(left(), []);
  });

  it('cleanup: an error-cleanup-provisioner that fails hides neither error nor clean-up', async () => {
    write({ 'error-cleanup-provisioner': { type: 'shell-local', inline: ['exit 9'] } });
    const result = await build();
    assert.equal(result.code, 1);
    assert.match(result.stderr, /Cleanup failed: .*9.*Original Provisioning error: .*3/);
    assert.deepEqual(left(), []);
  });

  it('the error-cleanup-provisioner also runs when the image fails', async () => {
    await server.close();
    const fault = { kind: 'failed-state', resource: 'image', message: 'no luck' } as const;
    server = await hollowEc2(join(scratch.dir, 'ec2'), { faults: { faults: [fault] } });
    write({}, ['true']);
    const result = await scratch.run(['build', 'template.json'], { ...env, AWS_ENDPOINT_URL: server.endpoint });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /no luck/);
    assert.ok(cleaned());
    assert.deepEqual(left(), []);
  });

  it('the error-cleanup-provisioner does not run when nothing was provisioned, or all went well', async () => {
    write({ builders: [{ ...builder(), ami_name: 'other', ami_regions: ['mars-north-1'] }] });
    assert.equal((await build()).code, 1);
    assert.ok(!cleaned());
    write({}, ['true']);
    assert.equal((await build()).code, 0);
    assert.ok(!cleaned());
  });

  it('abort: leaves everything, says so step by step, and gc removes it', async () => {
    write();
    const result = await build('-on-error=abort');
    assert.equal(result.code, 1);
    assert.match(result.stderr, /Step "provision" failed, aborting\.\.\./);
    assert.match(result.stderr, /skipping cleanup of step "connect"[\s\S]*skipping cleanup of step "launch"/);
    assert.ok(!cleaned());
    assert.deepEqual(left().sort(), ['instances', 'securityGroups', 'volumes']);
    assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
    assert.deepEqual(left(), []);
  });

  it('abort: leaves everything when interrupted, too', async () => {
    write({}, ['touch started; sleep 1000']);
    const child = scratch.start(['build', '-on-error=abort', 'template.json'], env);
    const ended = finish(child);
    await started(ended);
    child.kill('SIGINT');
    const result = await ended;
    assert.equal(result.code, 1);
    assert.match(result.stderr, /Interrupted, aborting\.\.\./);
    assert.deepEqual(left().sort(), ['instances', 'securityGroups', 'volumes']);
  });

  it('run-cleanup-provisioner: runs that, and leaves the rest', async () => {
    write();
    const result = await build('-on-error=run-cleanup-provisioner');
    assert.equal(result.code, 1);
    assert.ok(cleaned());
    assert.deepEqual(left().sort(), ['instances', 'securityGroups', 'volumes']);
  });

  it('ask: without a terminal the answer is to clean up', async () => {
    write();
    const result = await withoutTerminal(['build', '-on-error=ask', 'template.json']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /Step "provision" failed/);
    assert.ok(cleaned());
    assert.deepEqual(left(), []);
  });

  it('keep: has nothing to keep when there is no instance', async () => {
    write({ builders: [{ type: 'null', communicator: 'none' }] });
    const result = await build('-on-error=keep');
    assert.equal(result.code, 1);
    assert.match(result.stdout, /no instance that could be kept/);
    assert.match((await scratch.run(['resume'], env)).stderr, /no run is kept/);
  });

  it('keep: takes no template from stdin', async () => {
    const result = await scratch.run(['build', '-on-error=keep', '-'], env);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /template in a file/);
  });

  it('keep, then resume: goes on at the failed provisioner of a machine without connection', async () => {
    write({ provisioners: steps('exit 3') });
    assert.equal((await build('-on-error=keep')).code, 1);
    assert.deepEqual(left().sort(), ['instances', 'securityGroups', 'volumes']);
    write({ provisioners: steps('echo two >>steps') });
    const result = await scratch.run(['resume'], env);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(scratch.read('steps'), 'one\ntwo\nthree\n');
    assert.deepEqual(left(), []);
    assert.equal(server.state().images.length, 1);
  });

  it('resume: says so when the template has no provisioner left to run', async () => {
    write({ provisioners: steps('exit 3') });
    assert.equal((await build('-on-error=keep')).code, 1);
    write({ provisioners: steps('true').slice(0, 1) });
    const result = await scratch.run(['resume'], env);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.match(
      result.stdout,
      /No provisioner is left to run: the template has 1 now, and the run had got to number 2/,
    );
    assert.equal(scratch.read('steps'), 'one\n');
  });

  it('keep: is told when the instance is gone by then', async () => {
    write();
    assert.equal((await build('-on-error=keep')).code, 1);
    const [instance] = server.state().instances;
    await terminate(server, instance?.id ?? '');
    const result = await scratch.run(['resume'], env);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /instance i-\w+ in us-east-1 is gone/);
    assert.equal((await scratch.run(['gc', '-yes'], env)).code, 0);
    assert.deepEqual(left(), []);
  });

  it('two that resume one run: the second one is told', async () => {
    write();
    assert.equal((await build('-on-error=keep')).code, 1);
    // Short: after the SIGKILL nobody is there to end it.
    write({}, ['touch started; sleep 30']);
    const first = scratch.start(['resume'], env);
    const ended = finish(first);
    await started(ended);
    const second = await scratch.run(['resume'], env);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /at work in another process/);
    assert.match((await scratch.run(['gc', '-yes'], env)).stdout, /^Nothing is left/);
    first.kill('SIGKILL');
    await ended;
    // Killed while it was resumed: it is kept as before.
    write({}, ['true']);
    assert.equal((await scratch.run(['resume'], env)).code, 0);
    assert.deepEqual(left(), []);
  });

  it('debug: without a terminal no pause holds it up, and builds run one after the other', async () => {
    const one = (name: string): object => ({ ...builder(), name, ami_name: `image-${name}` });
    write({ builders: [one('a'), one('b')] }, [
      'echo "$PACKER_BUILD_NAME begins" >>order; sleep 0.3; echo ends >>order',
    ]);
    const result = await withoutTerminal(['build', '-debug', 'template.json']);
    assert.equal(result.code, 0, result.stderr);
    assert.equal(scratch.read('order'), 'a begins\nends\nb begins\nends\n');
  });

  it('breakpoint: fails with one clear message where nobody can press Enter', async () => {
    write({ provisioners: [{ type: 'breakpoint', note: 'look' }] });
    const result = await withoutTerminal(['build', 'template.json']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /Error asking for input: there is no terminal to ask on/);
    assert.match(result.stderr, /"disable": true/);
    assert.deepEqual(left(), []);
    write({ provisioners: [{ type: 'breakpoint', disable: true }] });
    assert.equal((await withoutTerminal(['build', 'template.json'])).code, 0);
  });

  const builder = (): object => ({
    type: 'amazon-ebs',
    region: 'us-east-1',
    source_ami: SOURCE,
    instance_type: 't3.micro',
    communicator: 'none',
  });

  const withoutTerminal = (args: readonly string[]): Promise<Result> => scratch.withoutTerminal(args, env);
});

function steps(second: string): object[] {
  return ['echo one >>steps', second, 'echo three >>steps'].map(line => ({ type: 'shell-local', inline: [line] }));
}

async function terminate(server: LocalEc2, id: string): Promise<void> {
  const { createAws } = await import('../../src/aws/client/index.ts');
  const { minimal } = await import('../helpers/ebs-bake.ts');
  const ec2 = (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
  await ec2.terminateInstances({ InstanceIds: [id] }, new AbortController().signal);
}
