import assert from 'node:assert/strict';
import {
  CreateImageCommand,
  DescribeSnapshotsCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, it } from 'mocha';
import { Lifecycle } from '../../src/local-ec2/lifecycle.ts';
import { INSTANT } from '../../src/local-ec2/timing.ts';
import { eventually, instanceOf, launch, testEc2, untilState } from './helpers.ts';

describe('local EC2: how long states last', () => {
  it('lets a state be ready at exactly the Nth look', async () => {
    await using ec2 = await testEc2({ timing: { looks: 3 } });
    const client = ec2.client();
    const { InstanceId } = await launch(client);
    const states: (string | undefined)[] = [];
    for (let look = 1; look <= 4; look++) {
      states.push((await instanceOf(client, InstanceId)).State?.Name);
      // The machine itself is up by now; only looks are missing.
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    assert.deepEqual(states, ['pending', 'pending', 'running', 'running']);
  });

  it('keeps states for their time, scaled', async () => {
    await using ec2 = await testEc2({ timing: { pending: 6000, stopping: 3000, image: 20_000, scale: 0.05 } });
    const client = ec2.client();
    const began = performance.now();
    const { InstanceId } = await launch(client);
    assert.equal((await instanceOf(client, InstanceId)).State?.Name, 'pending');
    await untilState(client, InstanceId, 'running');
    assert.ok(performance.now() - began >= 295);
    await client.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'stopped');
    assert.ok(performance.now() - began >= 440);
    await client.send(new CreateImageCommand({ InstanceId, Name: 'timed' }));
    const progress = new Set<string | undefined>();
    await eventually(async () => {
      const { Snapshots } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
      progress.add(Snapshots?.[0]?.Progress);
      return Snapshots?.[0]?.State === 'completed';
    });
    assert.ok(progress.size > 1, `progress seen: ${[...progress].join(' ')}`);
    assert.ok(progress.has('100%'));
  });

  it('can terminate an instance that is still pending', async () => {
    await using ec2 = await testEc2({ timing: { pending: 60_000 } });
    const client = ec2.client();
    const { InstanceId } = await launch(client);
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'terminated');
    assert.deepEqual(ec2.server.state().volumes, []);
  });

  it('waits for the work as well as for the time', async () => {
    const lifecycle = new Lifecycle(INSTANT);
    let done = false;
    let finish: (() => void) | undefined;
    const work = new Promise<void>(resolve => {
      finish = resolve;
    });
    lifecycle.after(
      'pending',
      'x',
      () => {
        done = true;
      },
      work,
    );
    await new Promise(resolve => setTimeout(resolve, 20));
    assert.equal(done, false);
    finish?.();
    await new Promise(resolve => setTimeout(resolve, 0));
    assert.equal(done, true);
  });
});
