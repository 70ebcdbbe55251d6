import { sleep } from '../../src/sdk/async.ts';
import type { Provisioner } from '../../src/sdk/plugin.ts';
import { type SleepOptions, schema } from './schema.ts';

/** Waits, silently; stopping the build ends it at once. */
export const plugin: Provisioner<SleepOptions> = {
  kind: 'provisioner',
  type: 'sleep',
  schema,
  prepare: ({ duration }) => ({ provision: ({ signal }) => sleep(Math.max(0, duration ?? 0), signal) }),
};
