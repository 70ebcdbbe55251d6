export {
  type AssignedVariable,
  type DeclaredVariable,
  type ResolvedVariables,
  resolveVariables,
  type VariableInputs,
  type VariablesEnv,
} from './resolve.ts';
export { createMasker, secretForms } from './secrets.ts';
