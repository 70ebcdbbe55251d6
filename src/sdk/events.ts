import type { Artifact } from './artifact.ts';
import type { Diagnostic } from './diagnostics.ts';

/** All that the engine tells while it works; src/cli/ui renders it. Texts are already masked. */
export type BuildEvent =
  | { readonly type: 'build-queued'; readonly build: string; readonly index: number }
  | { readonly type: 'build-started'; readonly build: string }
  | { readonly type: 'say'; readonly build: string; readonly text: string }
  | { readonly type: 'error'; readonly build: string; readonly text: string }
  /** One whole line a command printed. */
  | { readonly type: 'output'; readonly build: string; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  | {
      readonly type: 'progress';
      readonly build: string;
      readonly what: string;
      readonly done: number;
      readonly total?: number;
    }
  | { readonly type: 'diagnostic'; readonly diagnostic: Diagnostic }
  | {
      readonly type: 'build-finished';
      readonly build: string;
      readonly milliseconds: number;
      readonly artifacts: readonly Artifact[];
    }
  | {
      readonly type: 'build-failed';
      readonly build: string;
      readonly milliseconds: number;
      readonly error: unknown;
      readonly message: string;
      readonly hint?: string;
      /** What was finished all the same, and kept. */
      readonly artifacts: readonly Artifact[];
    }
  /** A line that belongs to no build, e.g. what stands in for a public source AMI. */
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'cancelling'; readonly text: string }
  | { readonly type: 'run-finished'; readonly milliseconds: number; readonly interrupted: boolean };

export type Emit = (event: BuildEvent) => void;
