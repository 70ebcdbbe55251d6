import { ApiError } from '../../protocol/errors.ts';
import { boolean, list, required, string } from '../../protocol/params.ts';
import type { Xml } from '../../protocol/xml.ts';
import type { InstanceRecord, InstanceState } from '../../store/model.ts';
import { action, type Call, DONE } from '../action.ts';
import { select } from '../kinds.ts';
import { stateXml } from './view.ts';

const USER_SHUTDOWN = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};

function byUser(call: Call): string {
  return `User initiated (${new Date(call.world.now()).toISOString().slice(0, 19).replace('T', ' ')} GMT)`;
}

function chosen(call: Call, ids: readonly string[]): InstanceRecord[] {
  const found = select(call, 'instances', ids);
  const host = found.find(one => one.host);
  if (host)
    throw new ApiError(
      'OperationNotPermitted',
      `The instance '${host.id}' is played by this host: it only takes volumes.`,
    );
  return found;
}

function changeXml(instance: InstanceRecord, before: InstanceState): Xml {
  return { instanceId: instance.id, currentState: stateXml(instance.state), previousState: stateXml(before) };
}

function wrongState(instance: InstanceRecord, done: string): ApiError {
  return new ApiError(
    'IncorrectInstanceState',
    `The instance '${instance.id}' is not in a state from which it can be ${done}.`,
  );
}

export const startInstances = action({ InstanceId: required(list(string)), AdditionalInfo: string }, (call, input) => {
  const instances = chosen(call, input.InstanceId);
  for (const one of instances)
    if (one.state !== 'stopped' && one.state !== 'running' && one.state !== 'pending') throw wrongState(one, 'started');
  const changes = instances.map(one => {
    const before = one.state;
    if (before === 'stopped') {
      one.state = 'pending';
      one.transitionReason = '';
      one.launchedAt = call.world.now();
      delete one.stateReason;
      call.runtime.launch(call.region, one);
    }
    return changeXml(one, before);
  });
  call.world.touch();
  return { instancesSet: changes };
});

export const stopInstances = action(
  { InstanceId: required(list(string)), Hibernate: boolean, Force: boolean, SkipOsShutdown: boolean },
  (call, input) => {
    const instances = chosen(call, input.InstanceId);
    for (const one of instances) {
      if (one.state === 'terminated' || one.state === 'shutting-down' || one.state === 'pending')
        throw wrongState(one, 'stopped');
      if (one.disableApiStop)
        throw new ApiError(
          'OperationNotPermitted',
          `The instance '${one.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
        );
      if (one.spot)
        throw new ApiError(
          'UnsupportedOperation',
          `You can't stop the Spot Instance '${one.id}' because it is associated with a one-time Spot Instance request.`,
        );
    }
    const changes = instances.map(one => {
      const before = one.state;
      if (before === 'running') call.runtime.stop(one, USER_SHUTDOWN, byUser(call), input.Force ?? false);
      return changeXml(one, before);
    });
    call.world.touch();
    return { instancesSet: changes };
  },
);

export const terminateInstances = action(
  { InstanceId: required(list(string)), Force: boolean, SkipOsShutdown: boolean },
  (call, input) => {
    const instances = chosen(call, input.InstanceId);
    for (const one of instances)
      if (one.disableApiTermination)
        throw new ApiError(
          'OperationNotPermitted',
          `The instance '${one.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
    const changes = instances.map(one => {
      const before = one.state;
      if (before !== 'terminated' && before !== 'shutting-down')
        call.runtime.terminate(call.region, one, USER_SHUTDOWN, byUser(call));
      return changeXml(one, before);
    });
    return { instancesSet: changes };
  },
);

export const rebootInstances = action({ InstanceId: required(list(string)) }, (call, input) => {
  const instances = chosen(call, input.InstanceId);
  for (const one of instances) if (one.state !== 'running') throw wrongState(one, 'rebooted');
  for (const one of instances) void call.runtime.reboot(call.region, one);
  return DONE;
});

export const monitorActions = {
  MonitorInstances: monitoring(true),
  UnmonitorInstances: monitoring(false),
};

function monitoring(on: boolean) {
  return action({ InstanceId: required(list(string)) }, (call, input) => {
    const instances = chosen(call, input.InstanceId);
    for (const one of instances) one.monitoring = on;
    call.world.touch();
    return {
      instancesSet: instances.map(one => ({ instanceId: one.id, monitoring: { state: on ? 'enabled' : 'disabled' } })),
    };
  });
}
