import { createRenderer } from '../../src/template/interpolate/index.ts';
import type { Renderer } from '../../src/template/model.ts';

/** kiln's own `{{ }}` engine, for a template without variables. */
export function testRenderer(): Renderer {
  return createRenderer({
    language: 'json',
    templateDir: '/',
    cwd: process.cwd(),
    startedAt: new Date(0),
    version: '1.16.0',
    variables: new Map(),
  });
}
