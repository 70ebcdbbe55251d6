/** What a fault plan may say. The table is the one source: of the reader's checks, of the JSON Schema and of the docs. */

/** Kinds of resources whose reads or states can be made to misbehave. */
export const FAULTY_RESOURCES = [
  'instance',
  'image',
  'snapshot',
  'volume',
  'key-pair',
  'security-group',
  'launch-template',
  'instance-profile',
  'role',
] as const;
export type FaultyResource = (typeof FAULTY_RESOURCES)[number];

/** When a fault strikes, of the calls or resources it matches. */
export interface Occasion {
  /** Let the first N matches pass. Default 0. */
  readonly after?: number;
  /** Strike at most N times. Default: always. */
  readonly times?: number;
  /** Chance of each strike, 0 to 1. Default 1. */
  readonly probability?: number;
}

export type Fault =
  | ({
      readonly kind: 'error';
      readonly actions: readonly string[];
      readonly code: string;
      readonly message?: string;
      readonly status?: number;
      readonly milliseconds?: number;
      readonly parameters?: Readonly<Record<string, string>>;
    } & Occasion)
  | ({
      readonly kind: 'latency';
      readonly actions: readonly string[];
      readonly milliseconds: number;
      readonly jitter?: number;
    } & Occasion)
  | ({ readonly kind: 'lost-reply'; readonly actions: readonly string[] } & Occasion)
  | {
      readonly kind: 'throttle';
      readonly actions: readonly string[];
      readonly capacity: number;
      readonly perSecond: number;
      readonly shared?: boolean;
    }
  | ({
      readonly kind: 'stale-read';
      readonly resources: readonly FaultyResource[];
      readonly milliseconds: number;
      readonly as: 'not-found' | 'empty' | 'flip';
      readonly actions?: readonly string[];
    } & Occasion)
  | ({
      readonly kind: 'failed-state';
      readonly resource: 'image' | 'snapshot' | 'instance' | 'volume';
      readonly code?: string;
      readonly message: string;
      readonly encrypted?: boolean;
    } & Occasion)
  | ({
      readonly kind: 'slow-state';
      readonly resource: 'image' | 'snapshot' | 'instance';
      readonly milliseconds: number;
    } & Occasion)
  | ({
      readonly kind: 'interrupt';
      readonly milliseconds: number;
      readonly only?: 'spot' | 'on-demand';
      readonly code?: string;
      readonly message?: string;
    } & Occasion)
  | ({
      readonly kind: 'no-capacity';
      readonly types?: readonly string[];
      readonly zones?: readonly string[];
      readonly only?: 'spot' | 'on-demand';
    } & Occasion);

export interface FaultPlan {
  readonly name?: string;
  readonly description?: string;
  /** Makes chances repeatable. `seed` of startLocalEc2 wins. */
  readonly seed?: number;
  /** Seconds by which the endpoint's clock is ahead of (or, negative, behind) the real one. */
  readonly clockOffset?: number;
  readonly faults: readonly Fault[];
}

export type FieldType = 'string' | 'number' | 'integer' | 'boolean' | 'strings' | 'map';

export interface Field {
  readonly type: FieldType;
  readonly note: string;
  readonly required?: boolean;
  readonly allowed?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

const occasion: Readonly<Record<string, Field>> = {
  after: { type: 'integer', min: 0, note: 'Let the first N matches pass.' },
  times: { type: 'integer', min: 1, note: 'Strike at most N times; without it, always.' },
  probability: { type: 'number', min: 0, max: 1, note: 'Chance of each strike; 1 without it.' },
};

const actions: Field = { type: 'strings', required: true, note: 'API actions it is about; * and ? are wildcards.' };
const only: Field = { type: 'string', allowed: ['spot', 'on-demand'], note: 'Only instances bought this way.' };

/** What each kind of fault does. */
export const FAULT_KINDS: Readonly<Record<Fault['kind'], string>> = {
  error: 'The call is refused, without effect.',
  latency: 'The call takes longer.',
  'lost-reply': 'The call has its effect, and then the connection breaks: the answer never arrives.',
  throttle: 'A token bucket: calls that find it empty are refused with RequestLimitExceeded.',
  'stale-read': 'What was just created is not seen everywhere yet.',
  'failed-state': 'A new resource does not become ready, but fails with a reason.',
  'slow-state': 'A new resource takes longer to become ready.',
  interrupt: 'A running instance is taken away.',
  'no-capacity': 'There is no room for an instance (InsufficientInstanceCapacity).',
};

/** Fields of each kind of fault. */
export const FAULT_FIELDS: Readonly<Record<Fault['kind'], Readonly<Record<string, Field>>>> = {
  error: {
    actions,
    code: { type: 'string', required: true, note: 'Error code, e.g. InternalError.' },
    message: { type: 'string', note: "Message; EC2's usual one without it." },
    status: { type: 'integer', min: 400, max: 599, note: "HTTP status; EC2's usual one without it." },
    milliseconds: { type: 'integer', min: 0, note: 'Only within this time of the first match.' },
    parameters: { type: 'map', note: 'Only calls whose parameters match, e.g. {"InstanceType": "t2.*"}.' },
    ...occasion,
  },
  latency: {
    actions,
    milliseconds: { type: 'integer', required: true, min: 0, note: 'Wait before acting.' },
    jitter: { type: 'integer', min: 0, note: 'Up to this much more, by chance.' },
    ...occasion,
  },
  'lost-reply': { actions, ...occasion },
  throttle: {
    actions,
    capacity: { type: 'integer', required: true, min: 1, note: 'Size of the token bucket.' },
    perSecond: { type: 'number', required: true, min: 0, note: 'Tokens that come back each second.' },
    shared: { type: 'boolean', note: 'One bucket for all the actions, not one each.' },
  },
  'stale-read': {
    resources: {
      type: 'strings',
      required: true,
      allowed: FAULTY_RESOURCES,
      note: 'Kinds of new resources that reads miss.',
    },
    milliseconds: { type: 'integer', required: true, min: 0, note: 'How long after their creation.' },
    as: {
      type: 'string',
      required: true,
      allowed: ['not-found', 'empty', 'flip'],
      note: 'Error, an answer without it, or missing at every other look.',
    },
    actions: { type: 'strings', note: 'Actions that miss it; Describe*, Get* and List* without it.' },
    ...occasion,
  },
  'failed-state': {
    resource: {
      type: 'string',
      required: true,
      allowed: ['image', 'snapshot', 'instance', 'volume'],
      note: 'What ends failed (image), in error (snapshot, volume), or terminated while pending (instance).',
    },
    code: { type: 'string', note: 'State reason code.' },
    message: { type: 'string', required: true, note: 'State reason message.' },
    encrypted: { type: 'boolean', note: 'Only encrypted ones (true), or only others (false).' },
    ...occasion,
  },
  'slow-state': {
    resource: {
      type: 'string',
      required: true,
      allowed: ['image', 'snapshot', 'instance'],
      note: 'What stays pending longer.',
    },
    milliseconds: { type: 'integer', required: true, min: 0, note: 'How much longer.' },
    ...occasion,
  },
  interrupt: {
    milliseconds: {
      type: 'integer',
      required: true,
      min: 0,
      note: 'Time after running when the instance is taken away.',
    },
    only,
    code: { type: 'string', note: 'State reason code.' },
    message: { type: 'string', note: 'State reason message.' },
    ...occasion,
  },
  'no-capacity': {
    types: { type: 'strings', note: 'Instance types without capacity; * and ? are wildcards; all without it.' },
    zones: { type: 'strings', note: 'Availability zones without capacity; all without it.' },
    only,
    ...occasion,
  },
};

export const PLAN_FIELDS: Readonly<Record<string, Field>> = {
  name: { type: 'string', note: 'Name of the plan.' },
  description: { type: 'string', note: 'What it plays.' },
  seed: { type: 'integer', note: 'Makes chances repeatable.' },
  clockOffset: { type: 'integer', note: "Seconds the endpoint's clock is ahead of the real one; negative: behind." },
};
