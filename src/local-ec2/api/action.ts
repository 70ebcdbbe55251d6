import { ApiError } from '../protocol/errors.ts';
import type { FormNode } from '../protocol/form.ts';
import { boolean, type Fields, type InputOf, parseFields } from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import type { Runtime } from '../runtime.ts';
import type { RegionState } from '../store/model.ts';
import type { World } from '../world.ts';

/** One call under way: where it acts, and for whom. */
export interface Call {
  readonly action: string;
  readonly requestId: string;
  /** Name of the region. */
  readonly region: string;
  readonly state: RegionState;
  readonly world: World;
  readonly runtime: Runtime;
}

export type Reply = { readonly [name: string]: Xml };

export interface Action {
  run(call: Call, form: FormNode): Reply | Promise<Reply>;
}

const DRY_RUN = { DryRun: boolean } as const;
/** Parameters that every Query request carries. */
export const COMMON_PARAMETERS: readonly string[] = ['Action', 'Version'];

/** An EC2 action: what it accepts and what it does. Every one takes DryRun, which ends before anything is done. */
export function action<F extends Fields>(
  fields: F,
  handle: (call: Call, input: InputOf<F>) => Reply | Promise<Reply>,
): Action {
  const all = { ...fields, ...DRY_RUN };
  return {
    run(call, form) {
      const input = parseFields(all, form, '', COMMON_PARAMETERS);
      if (input.DryRun) throw dryRun();
      return handle(call, input as InputOf<F>);
    },
  };
}

/** Like `action`, for those that check their parameters before they honour DryRun. */
export function checkedAction<F extends Fields>(
  fields: F,
  handle: (call: Call, input: InputOf<F>, stopIfDry: () => void) => Reply | Promise<Reply>,
): Action {
  const all = { ...fields, ...DRY_RUN };
  return {
    run(call, form) {
      const input = parseFields(all, form, '', COMMON_PARAMETERS);
      return handle(call, input as InputOf<F>, () => {
        if (input.DryRun) throw dryRun();
      });
    },
  };
}

function dryRun(): ApiError {
  return new ApiError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
}

/** The answer of actions that have nothing to tell. */
export const DONE: Reply = { return: true };
