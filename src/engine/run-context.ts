import { KilnError } from '../sdk/errors.ts';
import type { BuildInfo, RunContext } from '../sdk/plugin.ts';
import type { Resources } from '../sdk/resources.ts';
import { RenderError, type Renderer } from '../template/model.ts';
import type { BuildData } from './build-data.ts';
import type { BuildUi } from './build-ui.ts';

interface RunContextInput {
  readonly info: BuildInfo;
  readonly signal: AbortSignal;
  readonly ui: BuildUi;
  readonly resources: Resources;
  readonly runUuid: string;
  readonly buildData: BuildData;
  readonly renderer: Renderer;
  readonly secret: (value: string) => void;
}

/** What a running plugin gets. */
export function runContext(input: RunContextInput): RunContext {
  const { info, renderer, buildData } = input;
  return {
    build: info,
    signal: input.signal,
    ui: input.ui,
    resources: input.resources,
    runUuid: input.runUuid,
    buildData,
    secret: input.secret,
    render(template, extra = {}) {
      try {
        return renderer.renderFully(template, {
          phase: 'run',
          buildName: info.name,
          buildType: info.builderType,
          data: { ...buildData, ...extra },
        });
      } catch (error) {
        if (!(error instanceof RenderError)) throw error;
        const text = template.length > 200 ? `${template.slice(0, 200)}...` : template;
        throw new KilnError(`${error.message}, in the template text: ${text}`, {
          code: 'bad-template',
          cause: error,
          ...(error.hint && { hint: error.hint }),
        });
      }
    },
  };
}
