import type { ResourceRef } from '../../sdk/resources.ts';

/** One thing that gc can remove, from whatever source it was found. */
export interface GcItem {
  readonly ref: ResourceRef;
  readonly runId: string;
  readonly template: string;
  readonly build?: string;
  /** ISO 8601; when it was made, or about to be. */
  readonly since: string | undefined;
  readonly why: string;
  /** Removes it. Gives the reason when it could not. Never throws. */
  remove(): Promise<string | undefined>;
}

export interface GcFindings {
  /** In the order to remove them. */
  readonly items: readonly GcItem[];
  /** What could not be looked at, and why. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}
