import type { Diagnostic } from '../sdk/diagnostics.ts';
import type { ObjectNode } from '../sdk/node.ts';
import type { Span } from '../sdk/source.ts';

/** What both front ends, JSON and HCL2, make of a template. Nothing here knows any plugin. */
export interface Template {
  readonly language: 'json' | 'hcl2';
  /** As the user gave it; `-` for standard input. */
  readonly path: string;
  /** Absolute folder: `{{ template_dir }}`, HCL's path.root. */
  readonly dir: string;
  readonly description?: string;
  readonly variables: readonly VariableInfo[];
  /** In the order they start: JSON by name, HCL2 as written. */
  readonly builds: readonly BuildSpec[];
  /** Values to mask in all output. */
  readonly secrets: readonly string[];
  /** How strings of plugin options are rendered in this template. */
  readonly renderer: Renderer;
}

export interface VariableInfo {
  readonly name: string;
  /** Default as written, not rendered; undefined: required. */
  readonly default?: string;
  readonly required: boolean;
  readonly sensitive: boolean;
  readonly span: Span;
}

export interface BuildSpec {
  /** Rendered name: -only/-except (JSON), PACKER_BUILD_NAME. */
  readonly name: string;
  readonly builderType: string;
  /** Prefix of output lines. JSON: name, or type.name when they differ. */
  readonly displayName: string;
  readonly builder: ComponentSpec;
  readonly provisioners: readonly ProvisionerSpec[];
  readonly errorCleanup?: ProvisionerSpec;
  readonly sequences: readonly (readonly PostProcessorSpec[])[];
}

export interface ComponentSpec {
  readonly type: string;
  /** The place of the type name (or of the whole component), for complaints without a better one. */
  readonly span: Span;
  /**
   * The component's own options: meta keys taken out, overrides merged. JSON gives the same node every time; HCL2
   * evaluates with the build data: undefined at preparation (then `build.X` is Packer's "<unknown>" text).
   */
  options(buildData: Readonly<Record<string, string>> | undefined): {
    readonly node: ObjectNode;
    readonly diagnostics: readonly Diagnostic[];
  };
}

export interface ProvisionerSpec extends ComponentSpec {
  readonly name?: string;
  /** Milliseconds. */
  readonly pauseBefore: number;
  readonly timeout: number;
  readonly maxRetries: number;
  readonly continueOnError: boolean;
}

export interface PostProcessorSpec extends ComponentSpec {
  /** Its name, the type when none was given. */
  readonly name: string;
  readonly named: boolean;
  readonly keepInputArtifact?: boolean;
}

/** Where a string stands: decides which functions it may call and what `{{ .X }}` gives. */
export interface RenderScope {
  readonly buildName?: string;
  readonly buildType?: string;
  /** Data for `{{ .Key }}` and `{{ build "Key" }}`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /**
   * `prepare-builder`: `build` is an error. `prepare`: `build "K"` gives the text `{{.K}}`, and unknown K is an error
   * against `data`'s keys. `run`: `build "K"` gives the value.
   */
  readonly phase: 'prepare-builder' | 'prepare' | 'run';
}

export interface Renderer {
  /** Renders once. Throws a RenderError with the offset of the offence inside `text`. */
  render(text: string, scope: RenderScope): string;
  /** Renders until the text stops changing (Packer's run-time rendering). */
  renderFully(text: string, scope: RenderScope): string;
  /** Parses only: unknown functions and bad syntax. Throws a RenderError. */
  check(text: string, scope: RenderScope): void;
}

/** Something wrong inside a `{{ }}` text. */
export class RenderError extends Error {
  /** Half-open range of UTF-16 offsets in the text that was rendered. */
  readonly start: number;
  readonly end: number;
  readonly hint: string | undefined;

  constructor(message: string, start: number, end: number, hint?: string) {
    super(message);
    this.name = 'RenderError';
    this.start = start;
    this.end = end;
    this.hint = hint;
  }
}

/** What loading gives: as much of a template as could be made sense of, and all that is wrong with it. */
export interface LoadResult {
  readonly template?: Template;
  readonly diagnostics: readonly Diagnostic[];
  /** Texts to keep out of excerpts, besides the template's secrets: what is written for sensitive variables. */
  readonly confidential?: readonly string[];
}

export interface LoadOptions {
  /** `-var` in order. */
  readonly vars: readonly (readonly [name: string, value: string])[];
  /** `-var-file` paths in order. */
  readonly varFiles: readonly string[];
  readonly only: readonly string[];
  readonly except: readonly string[];
  /** `-syntax-only`, `inspect`: required variables may be missing and nothing is rendered. */
  readonly syntaxOnly: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The instant of `timestamp` and `isotime`: one for the whole process. */
  readonly startedAt: Date;
  /** HCL2: run data sources. */
  readonly evaluateDatasources?: boolean;
}
