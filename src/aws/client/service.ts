import type { CallPolicy } from '../policy/call.ts';

/** The part of an SDK client that is used. */
export interface SdkClient {
  send(command: never, options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
}

type CommandClass = new (input: never) => object;
type Output<C> = C extends new (
  input: never,
) => { resolveMiddleware(...args: never[]): infer Handler }
  ? Handler extends (...args: never[]) => Promise<{ output: infer O }>
    ? O
    : never
  : never;

export interface CallOptions {
  /** A failure that passes by itself, e.g. because something new is not visible everywhere yet. */
  readonly notYet?: (error: unknown) => boolean;
  /** How long `notYet` failures are tolerated, in milliseconds. */
  readonly within?: number;
}

/** One function for each action: typed by the SDK, carried out under kiln's one policy for calls. */
export type Service<Commands extends Readonly<Record<string, CommandClass>>> = {
  readonly [K in keyof Commands]: (
    input: ConstructorParameters<Commands[K]>[0],
    signal: AbortSignal,
    options?: CallOptions,
  ) => Promise<Output<Commands[K]>>;
};

/** Binds a table of SDK commands to a client. `client` is asked for each try, as expired credentials replace it. */
export function bindService<Commands extends Readonly<Record<string, CommandClass>>>(
  commands: Commands,
  client: () => SdkClient,
  policy: CallPolicy,
): Service<Commands> {
  const bound: Record<string, unknown> = {};
  for (const [name, Command] of Object.entries(commands)) {
    bound[name] = (input: never, signal: AbortSignal, options: CallOptions = {}) =>
      policy.call({ operation: name.charAt(0).toUpperCase() + name.slice(1), ...options }, signal, abortSignal =>
        client().send(new Command(input) as never, { abortSignal }),
      );
  }
  return bound as Service<Commands>;
}
