import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { plugin } from '../../../builders/null/index.ts';
import type { NullOptions } from '../../../builders/null/schema.ts';
import { prepareContext, recordedRun } from '../../helpers/post-process.ts';

describe('builder null', () => {
  async function complaints(options: NullOptions): Promise<string[]> {
    const context = prepareContext();
    await plugin.prepare(options, context);
    return context.complaints.map(one => `${one.path} ${one.code}`);
  }

  const login = { ssh_host: 'h', ssh_username: 'u' };

  for (const [what, options, expected] of [
    ['none', { communicator: 'none' }, []],
    ['nothing', {}, ['ssh_host missing-option', ' missing-option']],
    ['a password', { ...login, ssh_password: 'p' }, []],
    ['a key', { ...login, ssh_private_key_file: '/k' }, []],
    ['the agent', { ...login, ssh_agent_auth: true }, []],
    ['no way to log in', login, [' missing-option']],
    ['two ways', { ...login, ssh_password: 'p', ssh_agent_auth: true }, ['ssh_agent_auth conflicting-options']],
    ['winrm', { communicator: 'winrm', winrm_host: 'h', winrm_username: 'u', winrm_password: 'p' }, []],
    ['winrm without a password', { communicator: 'winrm', winrm_host: 'h', winrm_username: 'u' }, [' missing-option']],
  ] as const)
    it(`with ${what}: ${expected.join(', ') || 'fine'}`, async () => {
      assert.deepEqual(await complaints(options), expected);
    });

  it('connects where it is told to, and keeps nothing', async () => {
    const prepared = await plugin.prepare({ ...login, ssh_port: 2222, ssh_password: 'p' }, prepareContext());
    const run = recordedRun();
    const machine = await prepared.launch?.(run);
    assert.deepEqual(await machine?.target(run.signal), { host: 'h', port: 2222, password: 'p' });
    const artifact = await prepared.artifact?.(run, machine);
    assert.equal(artifact?.builderId, 'fnoeding.null');
    assert.equal(artifact?.id, 'Null');
    assert.deepEqual(artifact?.files, []);
    assert.equal(artifact?.description, 'Did not export anything. This is the null builder');
  });
});
