import { ApiError } from '../protocol/errors.ts';
import { matchesWildcard } from '../wildcard.ts';
import type { Fault, FaultPlan, FaultyResource, Occasion } from './plan.ts';
import { randomFrom } from './random.ts';

/** Usual messages of codes that plans name without one. */
const MESSAGES: Readonly<Record<string, string>> = {
  InternalError: 'An internal error has occurred',
  Unavailable: 'The service is unavailable. Please try again shortly.',
  ServiceUnavailable: 'The service is unavailable. Please try again shortly.',
  RequestLimitExceeded: 'Request limit exceeded.',
  RequestExpired: 'Request has expired.',
  UnauthorizedOperation: 'You are not authorized to perform this operation.',
  OptInRequired: 'You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.',
  DependencyViolation: 'The resource has a dependent object',
  AuthFailure: 'AWS was not able to validate the provided access credentials',
  InsufficientInstanceCapacity: 'Insufficient capacity.',
};

/** What shall happen to one call. */
export interface CallFate {
  readonly delay: number;
  readonly error: ApiError | undefined;
  readonly loseReply: boolean;
}

export interface Reason {
  readonly code: string;
  readonly message: string;
}

interface Rule<F extends Fault = Fault> {
  readonly fault: F;
  readonly random: () => number;
  matches: number;
  strikes: number;
  firstAt: number | undefined;
  readonly buckets: Map<string, { tokens: number; at: number }>;
  /** Per resource id: whether this rule struck it, and how often it was looked at. */
  readonly struck: Map<string, { strikes: boolean; looks: number }>;
}

const READS = ['Describe*', 'Get*', 'List*'];

/** Plays a fault plan. Each rule draws its chances from its own seeded sequence, so rules do not disturb each other. */
export class FaultEngine {
  readonly clockOffset: number;
  private readonly rules: readonly Rule[];
  private readonly now: () => number;

  constructor(plan: FaultPlan | undefined, seed: number | undefined, now: () => number) {
    const base = seed ?? plan?.seed ?? 1;
    this.now = now;
    this.clockOffset = (plan?.clockOffset ?? 0) * 1000;
    this.rules = (plan?.faults ?? []).map((fault, index) => ({
      fault,
      random: randomFrom(base, index),
      matches: 0,
      strikes: 0,
      firstAt: undefined,
      buckets: new Map(),
      struck: new Map(),
    }));
  }

  /** Decides a call before it acts. `parameter` reads a top-level parameter. */
  fateOf(action: string, parameter: (name: string) => string | undefined): CallFate {
    let delay = 0;
    let error: ApiError | undefined;
    let loseReply = false;
    for (const rule of this.rules) {
      const { fault } = rule;
      if (!('actions' in fault) || fault.kind === 'stale-read' || !isNamed(action, fault.actions)) continue;
      switch (fault.kind) {
        case 'latency':
          if (this.strikes(rule, fault)) delay += fault.milliseconds + Math.floor(rule.random() * (fault.jitter ?? 0));
          break;
        case 'lost-reply':
          if (!error && this.strikes(rule, fault)) loseReply = true;
          break;
        case 'throttle':
          if (!error && !this.takeToken(rule as Rule<typeof fault>, action))
            error = new ApiError('RequestLimitExceeded', 'Request limit exceeded.');
          break;
        case 'error': {
          if (error || !parametersMatch(fault.parameters, parameter)) break;
          rule.firstAt ??= this.now();
          if (fault.milliseconds !== undefined && this.now() - rule.firstAt > fault.milliseconds) break;
          if (this.strikes(rule, fault))
            error = new ApiError(fault.code, fault.message ?? MESSAGES[fault.code] ?? fault.code, fault.status);
          break;
        }
      }
    }
    return { delay, error, loseReply: loseReply && !error };
  }

  /** Whether a read by `action` sees a resource, or what it gets instead. */
  sees(action: string, kind: FaultyResource, id: string, createdAt: number): 'yes' | 'not-found' | 'empty' {
    for (const rule of this.rules) {
      const { fault } = rule;
      if (fault.kind !== 'stale-read' || !fault.resources.includes(kind) || !isNamed(action, fault.actions ?? READS))
        continue;
      if (this.now() - createdAt >= fault.milliseconds) continue;
      let known = rule.struck.get(id);
      if (!known) {
        known = { strikes: this.strikes(rule, fault), looks: 0 };
        rule.struck.set(id, known);
      }
      if (!known.strikes) continue;
      const look = known.looks++;
      if (fault.as === 'flip') {
        if (look % 2 === 1) return 'not-found';
      } else return fault.as;
    }
    return 'yes';
  }

  /** Why a new resource's state shall fail; undefined when it shall not. Ask once for each resource. */
  failureOf(resource: 'image' | 'snapshot' | 'instance' | 'volume', encrypted = false): Reason | undefined {
    for (const rule of this.rules) {
      const { fault } = rule;
      if (fault.kind !== 'failed-state' || fault.resource !== resource) continue;
      if (fault.encrypted !== undefined && fault.encrypted !== encrypted) continue;
      if (this.strikes(rule, fault)) return { code: fault.code ?? 'Server.InternalError', message: fault.message };
    }
    return undefined;
  }

  /** Milliseconds that a new resource stays pending beyond its usual time. */
  extraTimeOf(resource: 'image' | 'snapshot' | 'instance'): number {
    let extra = 0;
    for (const rule of this.rules) {
      const { fault } = rule;
      if (fault.kind === 'slow-state' && fault.resource === resource && this.strikes(rule, fault))
        extra += fault.milliseconds;
    }
    return extra;
  }

  /** When and why a running instance shall be taken away; undefined when not. Ask once for each instance. */
  interruptionOf(market: 'spot' | 'on-demand'): (Reason & { readonly milliseconds: number }) | undefined {
    for (const rule of this.rules) {
      const { fault } = rule;
      if (fault.kind !== 'interrupt' || (fault.only !== undefined && fault.only !== market)) continue;
      if (!this.strikes(rule, fault)) continue;
      const spot = market === 'spot';
      return {
        milliseconds: fault.milliseconds,
        code: fault.code ?? (spot ? 'Server.SpotInstanceTermination' : 'Server.InternalError'),
        message: fault.message ?? (spot ? 'Spot instance termination' : 'Internal error on launch'),
      };
    }
    return undefined;
  }

  lacksCapacity(type: string, zone: string, market: 'spot' | 'on-demand'): boolean {
    return this.rules.some(rule => {
      const { fault } = rule;
      if (fault.kind !== 'no-capacity' || (fault.only !== undefined && fault.only !== market)) return false;
      if (fault.types && !isNamed(type, fault.types)) return false;
      if (fault.zones && !isNamed(zone, fault.zones)) return false;
      return this.strikes(rule, fault);
    });
  }

  private strikes(rule: Rule, occasion: Occasion): boolean {
    rule.matches++;
    if (rule.matches <= (occasion.after ?? 0)) return false;
    if (occasion.times !== undefined && rule.strikes >= occasion.times) return false;
    if (occasion.probability !== undefined && rule.random() >= occasion.probability) return false;
    rule.strikes++;
    return true;
  }

  private takeToken(rule: Rule<Extract<Fault, { kind: 'throttle' }>>, action: string): boolean {
    const { capacity, perSecond, shared } = rule.fault;
    const key = shared ? '' : action;
    const now = this.now();
    const bucket = rule.buckets.get(key) ?? { tokens: capacity, at: now };
    bucket.tokens = Math.min(capacity, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    rule.buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function isNamed(name: string, patterns: readonly string[]): boolean {
  return patterns.some(pattern => matchesWildcard(pattern, name));
}

function parametersMatch(
  wanted: Readonly<Record<string, string>> | undefined,
  parameter: (name: string) => string | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([name, pattern]) => {
    const value = parameter(name);
    return value !== undefined && matchesWildcard(pattern, value);
  });
}
