/** Fault plans: what the embedded EC2 shall do wrong. */
export { loadFaultPlan } from './load.ts';
export type { Fault, FaultPlan } from './plan.ts';
export { faultPlanSchema } from './plan.ts';
export { FAULT_PLANS } from './plans/index.ts';
export { readFaultPlan } from './read.ts';
