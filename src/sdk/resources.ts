/** Kinds of remote things kiln creates. The undo of each lives in src/aws/undo.ts, so that `kiln gc` can run it too. */
export type ResourceKind =
  | 'ec2:instance'
  | 'ec2:key-pair'
  | 'ec2:security-group'
  | 'ec2:volume'
  | 'ec2:snapshot'
  | 'ec2:image'
  /** Not a thing but a deed: an image was deregistered so that a new one gets its name. Its undo brings it back. */
  | 'ec2:replaced-image'
  | 'ec2:launch-template'
  | 'ec2:fleet'
  | 'iam:role'
  | 'iam:role-policy'
  | 'iam:instance-profile'
  | 'iam:role-in-profile'
  /** An import of a disk image, until the image it makes is owned by itself. */
  | 'ec2:import-task'
  | 's3:object';

/** How to reach the account again later, without secrets: enough for `kiln gc` to build a client. */
export interface AccountRef {
  readonly region: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly roleArn?: string;
  /** Id (not secret) of the access key in use: tells whether credentials found later are of the same account. */
  readonly accessKeyId?: string;
}

/** One thing that was, or is about to be, created. Plain data: it is what the ledger stores. */
export interface ResourceRef {
  readonly kind: ResourceKind;
  readonly account: AccountRef;
  /** Known only after the create call answered. */
  readonly id?: string;
  /** The name given at creation, by which it can be found when the answer was lost. */
  readonly name?: string;
  /** EC2 client token, for the same purpose. */
  readonly token?: string;
  /** When its creation was recorded, in ISO 8601; unknown to the run that makes it. */
  readonly recordedAt?: string;
  /** Parts the undo needs, e.g. the policy's role. */
  readonly with?: Readonly<Record<string, string>>;
}

/** A thing of ours that exists remotely. Whoever acquired it releases or keeps it; the build's end releases the rest. */
export interface Owned<T> {
  readonly ref: ResourceRef & { readonly id: string };
  readonly value: T;
  /** Undoes it now; afterwards a no-op. Never throws: what could not be undone is reported and stays in the ledger. */
  release(): Promise<void>;
  /** Starts undoing it without waiting; the build's end waits for the outcome. */
  releaseSoon(): void;
  /** It is part of the finished product: never undone. */
  keep(): Promise<void>;
}

/** Undoes one resource; absent ones count as undone. Throws when it could not. */
export type UndoResource = (ref: ResourceRef, signal: AbortSignal) => Promise<void>;

/** The build's resources. Every call that creates something remote goes through `acquire`. */
export interface Resources {
  /** This run's id: the tag value on all that is created, and the ledger's file name. */
  readonly runId: string;
  /** Tags that every created resource carries: run id, template name, expiry. */
  readonly tags: Readonly<Record<string, string>>;
  /** In a resumed run: what the earlier part left, first created first, owned by this build now. The value is the id. */
  readonly adopted?: readonly Owned<string>[];
  /** A client token unique to this run and purpose; repeats of the same purpose give the same token. */
  token(purpose: string): string;
  /**
   * Records the intent durably, then calls `create`, records its answer and puts the undo on the build's stack.
   * When `create` throws, the intent is closed if `certainlyNotCreated(error)`; else the undo looks for it by name or token.
   */
  acquire<T>(
    intent: Omit<ResourceRef, 'id'>,
    create: () => Promise<{ readonly id: string; readonly value: T }>,
    undo: UndoResource,
    certainlyNotCreated?: (error: unknown) => boolean,
  ): Promise<Owned<T>>;
}
