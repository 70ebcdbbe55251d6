import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, before, describe, it } from 'mocha';
import { createAws } from '../../src/aws/client/index.ts';
import { finish, Scratch, whyNoMachines } from '../helpers/kiln.ts';

const skip = whyNoMachines();
const never = new AbortController().signal;

describe(`kiln local up${skip ? ` (skipped: ${skip})` : ''}`, function () {
  this.timeout(120_000);
  const scratch = new Scratch();
  const environment = { ...process.env };
  before(function () {
    if (skip) this.skip();
  });
  after(() => {
    process.env = { ...environment };
    scratch.remove();
  });

  it('misbehaves by its plan for any client, tells the shell how to get there, and stops on Ctrl-C', async () => {
    const faults = [{ kind: 'error', actions: ['DescribeRegions'], code: 'OptInRequired', message: 'not you' }];
    scratch.write('plan.json', { faults });
    const server = scratch.start(['local', 'up', '--faults', 'plan.json']);
    const ended = finish(server);
    const said = new EventEmitter();
    server.stdout?.on('data', chunk => String(chunk).includes('kiln local env') && said.emit('up'));
    await Promise.race([once(said, 'up'), ended.then(result => assert.fail(JSON.stringify(result)))]);

    const misleading = { AWS_PROFILE: 'work', AWS_SESSION_TOKEN: 'old', AWS_REGION: 'eu-west-1' };
    const { stdout } = await scratch.run(['local', 'env'], misleading);
    const [unset, ...exports] = stdout.trimEnd().split('\n');
    assert.equal(unset, 'unset AWS_PROFILE AWS_SESSION_TOKEN');
    const names = exports.map(line => {
      const [, name = '', value = ''] = /^export (\w+)='([^']*)'$/.exec(line) ?? [];
      process.env[name] = value;
      return name;
    });
    for (const name of [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_ENDPOINT_URL',
    ])
      assert.ok(names.includes(name), name);
    const ec2 = (await createAws({}, { local: false, secret: () => {} })).ec2();
    await ec2.describeVpcs({}, never);
    await assert.rejects(
      ec2.describeRegions({}, never),
      /refused DescribeRegions in us-east-1: not you \(OptInRequired\)/,
    );

    scratch.write('web.json', { builders: [{ type: 'null', communicator: 'none' }] });
    const other = await scratch.run(['build', '--local', '--faults', 'throttled', 'web.json']);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^error: another kiln is using the store .* \(pid \d+\)\n {2}help: .*XDG_DATA_HOME/);

    server.kill('SIGINT');
    assert.equal((await ended).code, 0);
  });
});
