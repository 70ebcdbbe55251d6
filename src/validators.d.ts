/** Compiled at build time by scripts/compile-validators.ts. */
declare module '#validators/*' {
  import type { CompiledValidator } from './sdk/catalog.ts';

  const validate: CompiledValidator;
  export default validate;
}
