/** Sensitive values: the forms they may be printed in, and how they are kept out of all output. */
export { secretForms } from './forms.ts';
export { createFinder, createMasker, MASK, maskRanges, type Range } from './mask.ts';
