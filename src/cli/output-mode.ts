import type { ParsedArgs } from './parse-args.ts';

/** For whom the output is: people, programs that know Packer's format, or programs that read JSON lines. */
export interface OutputMode {
  readonly kind: 'human' | 'machine' | 'json';
  /** -color as given. */
  readonly color: boolean | undefined;
  readonly timestamps: boolean;
}

export function outputMode(args: ParsedArgs): OutputMode {
  const kind = args.boolean('machine-readable') ? 'machine' : args.boolean('json') ? 'json' : 'human';
  return { kind, color: args.boolean('color'), timestamps: args.boolean('timestamp-ui') === true };
}
