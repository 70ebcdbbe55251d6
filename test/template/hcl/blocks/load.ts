import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../../../../src/sdk/diagnostics.ts';
import { type ConfigNode, toPlain } from '../../../../src/sdk/node.ts';
import { positionAt } from '../../../../src/sdk/source.ts';
import { type HclLoadOptions, type HclLoadResult, loadHclTemplate } from '../../../../src/template/hcl/index.ts';
import type { ComponentSpec } from '../../../../src/template/model.ts';

export type Files = Readonly<Record<string, string>>;

export interface Loaded extends HclLoadResult {
  /** Each finding as `FILE:LINE CODE`. */
  readonly found: readonly string[];
}

/** Writes the files into a folder of their own and loads it, or the one file named by `path`. */
export async function load(
  files: string | Files,
  extra: Partial<HclLoadOptions> & { path?: string } = {},
): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-hcl-'));
  try {
    for (const [name, text] of Object.entries(typeof files === 'string' ? { 'a.pkr.hcl': files } : files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const result = await loadHclTemplate(extra.path ?? '.', options({ cwd: folder, ...extra }));
    // The options of components are evaluated while the files exist.
    for (const build of result.template?.builds ?? []) build.builder.options(undefined);
    return { ...result, found: result.diagnostics.map(place) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function options(extra: Partial<HclLoadOptions> = {}): HclLoadOptions {
  return {
    vars: [],
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: {},
    cwd: process.cwd(),
    startedAt: new Date('2026-11-20T10:23:39Z'),
    ...extra,
  };
}

export function place({ span, code }: Diagnostic): string {
  return span ? `${span.file.path}:${positionAt(span.file, span.start).line} ${code}` : `- ${code}`;
}

/** A component's options as plain data, and what is wrong with them. */
export function optionsOf(spec: ComponentSpec | undefined, data?: Readonly<Record<string, string>>): unknown {
  const result = spec?.options(data);
  if (result && result.diagnostics.length > 0) return result.diagnostics.map(one => one.message);
  return result && toPlain(result.node as ConfigNode);
}

/** A template with one source, one build, and whatever else is given. */
export function withBuild(rest: string, build = ''): string {
  return `${rest}\nsource "null" "n" {\n  communicator = "none"\n}\nbuild {\n  sources = ["source.null.n"]\n${build}\n}\n`;
}

/** The value of an expression in the options of a provisioner. */
export function shownValue(result: HclLoadResult): unknown {
  const value = optionsOf(result.template?.builds[0]?.provisioners[0]);
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

/** A template whose provisioner has the option `value`. */
export function showing(expression: string, rest: string): string {
  return withBuild(rest, `  provisioner "shell-local" {\n    value = ${expression}\n  }`);
}
