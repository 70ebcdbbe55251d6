import { KilnError, messageOf } from '../../src/sdk/errors.ts';
import type { Provisioner } from '../../src/sdk/plugin.ts';
import { type BreakpointOptions, schema } from './schema.ts';

/** Pauses the build until Enter is pressed, so that the machine can be looked at. */
export const plugin: Provisioner<BreakpointOptions> = {
  kind: 'provisioner',
  type: 'breakpoint',
  schema,
  prepare({ note, disable }) {
    const named = note ? ` with note "${note}"` : '';
    return {
      provision: async ({ ui, signal }) => {
        if (disable) {
          ui.say(
            note
              ? `Breakpoint provisioner${named} disabled; continuing...`
              : 'Breakpoint provisioner disabled; continuing...',
          );
          return;
        }
        ui.say(`Pausing at breakpoint provisioner${named}.`);
        try {
          await ui.ask('Press enter to continue.', signal);
        } catch (error) {
          signal.throwIfAborted();
          throw new KilnError(`Error asking for input: ${messageOf(error)}`, {
            cause: error,
            hint: 'a breakpoint needs a terminal; set "disable": true where there is none',
          });
        }
      },
    };
  },
};
