import assert from 'node:assert/strict';
import {
  CreateImageCommand,
  DeregisterImageCommand,
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, it } from 'mocha';
import { HOST_LAYER, type MachineSpec, type Machines } from '../../src/local-ec2/machines/contract.ts';
import { hollowDisks } from '../../src/local-ec2/machines/none.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import { eventually, imageOf, instanceOf, launch, testEc2, untilState } from './helpers.ts';

/** Machines of memory: they keep the rules of the contract and write down what they are asked for. */
function memoryMachines() {
  const log: string[] = [];
  const specs = new Map<string, MachineSpec>();
  const live = new Set<string>();
  const layers = new Set<string>();
  const volumes = new Set<string>();
  const ends = new Map<string, (how: 'poweroff' | 'reboot' | 'died') => void>();
  let count = 0;
  let failing = '';
  const machines: Machines = {
    disks: hollowDisks(() => `layer-${++count}`),
    async checkHost() {},
    async start(spec) {
      if (failing) throw new KilnError(failing);
      assert.ok(!live.has(spec.instanceId), 'started twice');
      for (const layer of spec.layers) assert.ok(layer === HOST_LAYER || layers.has(layer), `no such layer: ${layer}`);
      live.add(spec.instanceId);
      volumes.add(spec.rootVolumeId);
      specs.set(spec.instanceId, spec);
      log.push(`start ${spec.firstBoot ? 'first' : 'again'}`);
      const ended = new Promise<'poweroff' | 'reboot' | 'died'>(resolve => ends.set(spec.instanceId, resolve));
      return {
        instanceId: spec.instanceId,
        sshPort: 22,
        hostKeys: ['ssh-ed25519 AAAA host'],
        ended,
        consoleOutput: async () => `console of ${spec.hostname}`,
        async stop() {
          log.push('stop');
          live.delete(spec.instanceId);
        },
      };
    },
    async freeze(rootVolumeId) {
      assert.ok(volumes.has(rootVolumeId), 'frozen without being written');
      const layer = `layer-${++count}`;
      layers.add(layer);
      log.push(`freeze ${live.size > 0 ? 'live' : 'at rest'}`);
      return { layer, bytes: 1000 };
    },
    async deleteVolume(volumeId) {
      volumes.delete(volumeId);
    },
    async deleteLayer(layer) {
      assert.ok(layers.delete(layer), 'deleted twice');
    },
    async importLayer() {
      throw new Error('not used here');
    },
    async sweep() {
      log.push('sweep');
    },
    async close() {
      log.push('close');
    },
  };
  return {
    machines,
    log,
    specs,
    live,
    layers,
    volumes,
    end: (id: string, how: 'poweroff' | 'reboot' | 'died') => ends.get(id)?.(how),
    fail: (why: string) => {
      failing = why;
    },
  };
}

describe('local EC2: what it asks of the machines', () => {
  it('stacks layers from image to image, and deletes those that nothing uses', async () => {
    const memory = memoryMachines();
    await using ec2 = await testEc2({ machines: memory.machines });
    const client = ec2.client();
    const first = await launch(client);
    await untilState(client, first.InstanceId, 'running');
    await client.send(new StopInstancesCommand({ InstanceIds: [first.InstanceId] }));
    await untilState(client, first.InstanceId, 'stopped');
    const one = await client.send(new CreateImageCommand({ InstanceId: first.InstanceId, Name: 'one' }));
    await imageOf(client, one.ImageId ?? '');
    // At rest the data moved: the volume goes on above the new layer.
    await client.send(new StartInstancesCommand({ InstanceIds: [first.InstanceId] }));
    await untilState(client, first.InstanceId, 'running');
    assert.deepEqual(memory.specs.get(first.InstanceId)?.layers, [HOST_LAYER, 'layer-1']);
    // Live and without a reboot they are copied.
    const two = await client.send(
      new CreateImageCommand({ InstanceId: first.InstanceId, Name: 'two', NoReboot: true }),
    );
    await imageOf(client, two.ImageId ?? '');
    const second = await launch(client, { ImageId: two.ImageId ?? '' });
    await untilState(client, second.InstanceId, 'running');
    assert.deepEqual(memory.specs.get(second.InstanceId)?.layers, [HOST_LAYER, 'layer-1', 'layer-2']);
    assert.equal(memory.specs.get(second.InstanceId)?.firstBoot, true);
    assert.deepEqual(memory.log, [
      'sweep',
      'start first',
      'stop',
      'freeze at rest',
      'start again',
      'freeze live',
      'start first',
    ]);

    const drop = (ImageId: string | undefined) =>
      client.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
    await drop(two.ImageId);
    await drop(one.ImageId);
    assert.deepEqual([...memory.layers], ['layer-1', 'layer-2']);
    await client.send(new TerminateInstancesCommand({ InstanceIds: [first.InstanceId, second.InstanceId] }));
    await untilState(client, first.InstanceId, 'terminated');
    await untilState(client, second.InstanceId, 'terminated');
    await eventually(async () => memory.layers.size === 0);
    assert.deepEqual([memory.live.size, memory.volumes.size], [0, 0]);
  });

  it('shuts a running instance down for its image, and starts it again', async () => {
    const memory = memoryMachines();
    await using ec2 = await testEc2({ machines: memory.machines });
    const client = ec2.client();
    const { InstanceId } = await launch(client);
    await untilState(client, InstanceId, 'running');
    const { ImageId = '' } = await client.send(new CreateImageCommand({ InstanceId, Name: 'rebooted' }));
    await imageOf(client, ImageId);
    assert.deepEqual(memory.log.slice(1), ['start first', 'stop', 'freeze at rest', 'start again']);
    assert.equal((await instanceOf(client, InstanceId)).State?.Name, 'running');
  });

  it('hands over key, user data, address and metadata', async () => {
    const memory = memoryMachines();
    await using ec2 = await testEc2({ machines: memory.machines });
    const client = ec2.client();
    const { InstanceId } = await launch(client, { UserData: Buffer.from('#!/bin/sh\necho hi\n').toString('base64') });
    const { PrivateIpAddress = '' } = await untilState(client, InstanceId, 'running');
    const spec = memory.specs.get(InstanceId);
    assert.equal(spec?.userData?.toString(), '#!/bin/sh\necho hi\n');
    assert.equal(spec?.address, PrivateIpAddress);
    assert.equal(spec?.hostname, `ip-${PrivateIpAddress.replaceAll('.', '-')}`);
    assert.equal(spec?.metadata['instance-id'], InstanceId);
    assert.equal(spec?.metadata['placement/region'], 'us-east-1');
  });

  it('follows a machine that goes down or reboots by itself', async () => {
    const memory = memoryMachines();
    await using ec2 = await testEc2({ machines: memory.machines });
    const client = ec2.client();
    const { InstanceId } = await launch(client);
    await untilState(client, InstanceId, 'running');
    memory.end(InstanceId, 'reboot');
    await eventually(async () => memory.log.filter(one => one.startsWith('start')).length === 2);
    assert.equal((await instanceOf(client, InstanceId)).State?.Name, 'running');
    memory.end(InstanceId, 'poweroff');
    const stopped = await untilState(client, InstanceId, 'stopped');
    assert.equal(stopped.StateReason?.Code, 'Client.InstanceInitiatedShutdown');
    await client.send(
      new ModifyInstanceAttributeCommand({ InstanceId, InstanceInitiatedShutdownBehavior: { Value: 'terminate' } }),
    );
    await client.send(new StartInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'running');
    memory.end(InstanceId, 'poweroff');
    await untilState(client, InstanceId, 'terminated');
    assert.deepEqual([memory.live.size, memory.volumes.size], [0, 0]);
  });

  it('terminates an instance whose machine does not start, with the reason', async () => {
    const memory = memoryMachines();
    await using ec2 = await testEc2({ machines: memory.machines });
    memory.fail('the base tree has no shell');
    const { InstanceId } = await launch(ec2.client());
    const one = await untilState(ec2.client(), InstanceId, 'terminated');
    assert.deepEqual(one.StateReason, {
      Code: 'Server.InternalError',
      Message: 'Server.InternalError: the base tree has no shell',
    });
    assert.match(ec2.notices.join('\n'), /did not start: the base tree has no shell/);
    assert.deepEqual(ec2.server.state().volumes, []);
  });

  it('stops the machines when it closes, and the instances can be started later', async () => {
    const memory = memoryMachines();
    const ec2 = await testEc2({ machines: memory.machines });
    const { InstanceId } = await launch(ec2.client());
    await untilState(ec2.client(), InstanceId, 'running');
    await ec2.stop();
    assert.equal(memory.live.size, 0);
    const again = await testEc2({ machines: memory.machines, storeDir: ec2.storeDir });
    const client = again.client();
    assert.equal((await instanceOf(client, InstanceId)).State?.Name, 'stopped');
    await client.send(new StartInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(client, InstanceId, 'running');
    assert.equal(memory.specs.get(InstanceId)?.firstBoot, false);
    assert.equal((await client.send(new DescribeInstancesCommand({}))).Reservations?.length, 1);
    await again.close();
    await ec2.close();
  });
});
