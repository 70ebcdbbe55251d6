/** Fault plans: what the embedded EC2 shall do wrong. */
export type { Fault, FaultPlan } from './plan.ts';
export { FAULT_FIELDS, FAULT_KINDS, type Field, PLAN_FIELDS } from './plan.ts';
export { FAULT_PLANS } from './plans/index.ts';
export { type FaultPlanResult, readFaultPlan } from './read.ts';
export { faultPlanSchema } from './schema.ts';
