import { randomBytes } from 'node:crypto';
import { encryptPassword } from '../../keys.ts';
import { boolean, required, string } from '../../protocol/params.ts';
import { action } from '../action.ts';
import { find } from '../kinds.ts';

/** What the machine printed, host keys included, base64. Without machine and memory of one: no output. */
export const getConsoleOutput = action({ InstanceId: required(string), Latest: boolean }, async (call, input) => {
  const instance = find(call, 'instances', input.InstanceId);
  const text = await call.runtime.consoleOf(instance);
  return {
    instanceId: instance.id,
    timestamp: new Date(call.world.now()),
    output: text === undefined ? undefined : Buffer.from(text).toString('base64'),
  };
});

/** The Windows administrator's password, encrypted to the launch key; empty for other systems. */
export const getPasswordData = action({ InstanceId: required(string) }, (call, input) => {
  const instance = find(call, 'instances', input.InstanceId);
  const ready =
    instance.platform === 'windows' && instance.state === 'running' && instance.publicKey?.startsWith('ssh-rsa ');
  const password = randomBytes(12).toString('base64url');
  return {
    instanceId: instance.id,
    timestamp: new Date(call.world.now()),
    passwordData: ready && instance.publicKey !== undefined ? encryptPassword(password, instance.publicKey) : '',
  };
});
