import type { PrepareInput } from './prepare-component.ts';

/**
 * Gives the plugin and the renderer an input that remembers whether they read what is particular to this build. A
 * plugin that keeps its preparation context must not read those later, when the preparation may serve other builds.
 */
export function watchBuild(input: PrepareInput): { readonly input: PrepareInput; finish(): boolean } {
  let looked = false;
  let finished = false;
  const watch = <T extends object>(target: T, keys: readonly PropertyKey[]): T =>
    new Proxy(target, {
      get(object, key, receiver) {
        if (keys.includes(key)) {
          if (finished && !looked)
            throw new Error(`"${String(key)}" of a shared preparation was read: use run.build instead`);
          looked = true;
        }
        return Reflect.get(object, key, receiver);
      },
    });
  return {
    input: {
      ...input,
      scope: watch(input.scope, ['buildName', 'buildType']),
      build: watch(input.build, ['name', 'builderType']),
    },
    finish: () => {
      finished = true;
      return looked;
    },
  };
}
