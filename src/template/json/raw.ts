import type { ConfigNode, ObjectNode, StringNode } from '../../sdk/node.ts';
import type { Span } from '../../sdk/source.ts';

/** A JSON template as written: decoded and typed, nothing rendered. */
export interface RawTemplate {
  readonly root: ObjectNode;
  readonly description?: string;
  readonly minVersion?: StringNode;
  /** In the order written. */
  readonly variables: readonly RawVariable[];
  readonly sensitive: readonly NameRef[];
  readonly builders: readonly RawBuilder[];
  /** The place of `builders`, for complaints that there is none. */
  readonly buildersSpan: Span;
  readonly provisioners: readonly RawProvisioner[];
  readonly errorCleanup?: RawProvisioner;
  readonly sequences: readonly (readonly RawPostProcessor[])[];
}

/** A name written somewhere to refer to something. */
export interface NameRef {
  readonly name: string;
  readonly span: Span;
}

export interface RawVariable {
  readonly name: string;
  readonly span: Span;
  /** Undefined: written as null, so a value is required. */
  readonly default?: StringNode;
}

interface RawComponent {
  readonly type: string;
  readonly typeSpan: Span;
  /** How messages call it: `provisioner 2 (shell)`. */
  readonly label: string;
  /** Its own options: the keys of the template language taken out. */
  readonly options: ObjectNode;
}

export interface RawBuilder extends RawComponent {
  /** As written, not rendered; the type when none was given. */
  readonly name: string;
  readonly nameNode: StringNode;
}

export interface RawProvisioner extends RawComponent {
  readonly only: readonly NameRef[];
  readonly except: readonly NameRef[];
  readonly exceptSpan?: Span;
  readonly overrides: readonly RawOverride[];
  /** Milliseconds. */
  readonly pauseBefore: number;
  readonly timeout: number;
  /** A template that must render to an integer. */
  readonly maxRetries?: StringNode;
}

export interface RawOverride extends NameRef {
  readonly value: ConfigNode;
}

export interface RawPostProcessor extends RawComponent {
  readonly name: string;
  readonly named: boolean;
  readonly only: readonly NameRef[];
  readonly except: readonly NameRef[];
  readonly exceptSpan?: Span;
  readonly keepInputArtifact?: boolean;
}
