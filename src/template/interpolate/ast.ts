import type { ComplexValue } from './values.ts';

/** A half-open range of UTF-16 offsets in the template text. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A number as written: the same digits can serve as int or float, as Go's untyped constants do. */
export interface NumberLiteral extends Place {
  readonly kind: 'number';
  readonly text: string;
  /** Present when the number is a whole one that fits 64 bits. */
  readonly int?: bigint;
  readonly float?: number;
  readonly complex?: ComplexValue;
}

export interface TextLiteral extends Place {
  readonly kind: 'string';
  readonly value: string;
}
export interface BoolLiteral extends Place {
  readonly kind: 'bool';
  readonly value: boolean;
}
export interface NilLiteral extends Place {
  readonly kind: 'nil';
}
export interface Dot extends Place {
  readonly kind: 'dot';
}
/** `.A.B` */
export interface Field extends Place {
  readonly kind: 'field';
  readonly names: readonly string[];
}
/** `$x` or `$x.A.B`; the name carries its dollar sign. */
export interface Variable extends Place {
  readonly kind: 'variable';
  readonly name: string;
  readonly names: readonly string[];
}
/** A function's name; its arguments follow in the command. */
export interface FunctionName extends Place {
  readonly kind: 'function';
  readonly name: string;
}
/** `(pipeline).A`, `function.A` */
export interface Chain extends Place {
  readonly kind: 'chain';
  readonly base: Operand;
  readonly names: readonly string[];
}

export type Operand =
  | NumberLiteral
  | TextLiteral
  | BoolLiteral
  | NilLiteral
  | Dot
  | Field
  | Variable
  | FunctionName
  | Chain
  | Pipeline;

export interface Command extends Place {
  readonly head: Operand;
  readonly args: readonly Operand[];
}

export interface Pipeline extends Place {
  readonly kind: 'pipeline';
  /** Names it declares or assigns, in order. */
  readonly targets: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly Command[];
  /** Offset behind the delimiter that closes it. */
  readonly behind: number;
}

export interface TextNode extends Place {
  readonly kind: 'text';
  readonly text: string;
}
export interface ActionNode extends Place {
  readonly kind: 'action';
  readonly pipeline: Pipeline;
}
export interface BranchNode extends Place {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}
export interface JumpNode extends Place {
  readonly kind: 'break' | 'continue';
}
export interface TemplateNode extends Place {
  readonly kind: 'template';
  readonly name: string;
  readonly pipeline: Pipeline | undefined;
}
export type Node = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

/** A parsed text: its own body and those it defines, by name. */
export interface ParsedTemplate {
  readonly text: string;
  readonly definitions: ReadonlyMap<string, readonly Node[]>;
  /** Every function name that stands in it, in order of place. */
  readonly functions: readonly FunctionName[];
  /** Every command that starts with a function. */
  readonly calls: readonly Command[];
}

/** Packer's name of the text being rendered; a `define` of that name clashes with it. */
export const ROOT_NAME = 'root';
