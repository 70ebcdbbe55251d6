/** Sensitive values: the forms they may be printed in, and how they are kept out of all output. */
export { secretForms } from './forms.ts';
export { createMasker } from './mask.ts';
