export type { Ask } from './build-ui.ts';
export type { Invocation } from './kept-run.ts';
export { type BuildPlan, type PlanOptions, type Plans, planBuilds } from './plan.ts';
export { type ResumedRun, type RunInput, type RunSummary, runBuilds } from './run-builds.ts';
