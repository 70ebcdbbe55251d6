import { createRenderer, type RendererEnv } from '../../../src/template/interpolate/index.ts';
import { RenderError, type RenderScope } from '../../../src/template/model.ts';

export const startedAt = new Date('2026-11-20T10:20:27.890Z');

export const environment: RendererEnv = {
  language: 'json',
  variables: new Map([
    ['a', 'A'],
    ['b', 'B'],
    ['name', 'web:1'],
  ]),
  templateDir: '/home/me/tpl',
  cwd: '/home/me',
  startedAt,
  version: '1.16.0',
};

export const renderer = createRenderer(environment);

export const run: RenderScope = {
  phase: 'run',
  buildName: 'web',
  buildType: 'amazon-ebs',
  data: { ID: 'i-1', SourceAMI: 'ami-1', Host: '10.0.0.1' },
};

/** The error that a text gives, with the part of the text it blames. */
export function errorOf(
  body: () => unknown,
  text: string,
): { message: string; hint: string | undefined; part: string } {
  try {
    body();
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return { message: error.message, hint: error.hint, part: text.slice(error.start, error.end) };
  }
  throw new Error(`no error for ${text}`);
}

export const failure = (text: string, scope: RenderScope = run): ReturnType<typeof errorOf> =>
  errorOf(() => renderer.render(text, scope), text);
