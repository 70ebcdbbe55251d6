import type { PreparedBuilder, RunContext } from '../../sdk/plugin.ts';
import type { Ec2Machine } from '../machine.ts';
import { buildTimeOf } from './build-time.ts';
import type { LaunchSettings } from './settings.ts';

/** What lets a builder's instance outlive the process: how long it may, and how another process takes it over. */
export function takeOver(
  settings: LaunchSettings,
  local: boolean,
): Required<Pick<PreparedBuilder, 'maxBuildTime' | 'undo'>> & {
  attach(run: RunContext, attachment: Readonly<Record<string, string>>): Promise<Ec2Machine>;
} {
  return {
    maxBuildTime: buildTimeOf(settings.run),
    async attach(run, attachment) {
      const { attachInstance } = await import('./attach.ts');
      return attachInstance(run, settings, attachment);
    },
    async undo(ref, signal) {
      const { undoLaunched } = await import('./attach.ts');
      await undoLaunched(settings, local)(ref, signal);
    },
  };
}
