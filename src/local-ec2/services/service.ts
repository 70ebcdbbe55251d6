import type { Call, Reply } from '../api/action.ts';
import { COMMON_PARAMETERS } from '../api/action.ts';
import type { FormNode } from '../protocol/form.ts';
import { type Fields, type InputOf, parseFields } from '../protocol/params.ts';

/** An operation of a service beside EC2 (IAM, STS): same Query protocol, no DryRun. */
export interface Operation {
  run(call: Call, form: FormNode): Reply | undefined;
}

/** Declares an operation; undefined as its answer: it has no result element. */
export function operation<F extends Fields>(
  fields: F,
  handle: (call: Call, input: InputOf<F>) => Reply | undefined,
): Operation {
  return { run: (call, form) => handle(call, parseFields(fields, form, '', COMMON_PARAMETERS)) };
}
