import { RenderError, type Renderer, type RenderScope } from '../model.ts';
import { assertFunctions, hasActions, ParseCache, renderParsed } from './engine.ts';
import type { EngineEnv } from './functions.ts';
import { Budget, LIMITS } from './limits.ts';

export { spanInside } from './locate.ts';
export type { SecretContent, SecretLookup } from './lookups.ts';
export { type UserReference, userReferences } from './references.ts';

export interface RendererEnv extends EngineEnv {
  /** Rendered user variables, for `{{ user "x" }}`; unknown names give an empty text. */
  readonly variables: ReadonlyMap<string, string>;
}

/** The `{{ }}` engine for the options of plugins. */
export function createRenderer(env: RendererEnv): Renderer {
  const cache = new ParseCache();
  const user = (name: string): string => env.variables.get(name) ?? '';

  const check = (text: string, scope: RenderScope): void => {
    if (hasActions(text)) assertFunctions(cache.get(text), scope);
  };

  const once = (text: string, scope: RenderScope, budget: Budget): string => {
    if (!hasActions(text)) return text;
    const parsed = cache.get(text);
    assertFunctions(parsed, scope);
    return renderParsed(parsed, { env, scope, budget, user });
  };

  return {
    check,
    render: (text, scope) => once(text, scope, new Budget()),
    renderFully: (text, scope) => {
      const budget = new Budget();
      let current = once(text, scope, budget);
      for (let round = 1; hasActions(current); round++) {
        if (round >= LIMITS.rounds)
          throw new RenderError(
            `the text still changes after ${LIMITS.rounds} renderings`,
            0,
            text.length,
            'what {{ }} produces here is rendered again; does it produce another {{ }} each time?',
          );
        const next = aboutProduced(text, current, () => once(current, scope, budget));
        if (next === current) break;
        current = next;
      }
      return current;
    },
  };
}

/** Errors in a text that a former round produced have no place in the written one: they blame all of it. */
function aboutProduced(written: string, produced: string, body: () => string): string {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof RenderError) || produced === written) throw error;
    const part = produced.slice(Math.max(0, error.start - 20), error.end + 20);
    throw new RenderError(
      `${error.message} (in the text it produced: ${JSON.stringify(part)})`,
      0,
      written.length,
      error.hint,
    );
  }
}
