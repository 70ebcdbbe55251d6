import type { ConfigNode } from '../../../sdk/node.ts';
import type { Span } from '../../../sdk/source.ts';

/** A name as written, with its place. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

interface Placed {
  readonly span: Span;
}

export type BinaryOperator = '||' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

export interface NumberExpression extends Placed {
  readonly kind: 'number';
  readonly text: string;
}
export interface LiteralExpression extends Placed {
  readonly kind: 'literal';
  readonly value: string | boolean | null;
}
export interface TemplateExpression extends Placed {
  readonly kind: 'template';
  readonly parts: readonly TemplatePart[];
}
export interface VariableExpression extends Placed {
  readonly kind: 'variable';
  readonly name: string;
}
export interface AttributeExpression extends Placed {
  readonly kind: 'attribute';
  readonly target: Expression;
  readonly name: Name;
}
export interface IndexExpression extends Placed {
  readonly kind: 'index';
  readonly target: Expression;
  readonly key: Expression;
}
/** `target[*]` or `target.*`: `each` is evaluated with `splat-item` standing for each element in turn. */
export interface SplatExpression extends Placed {
  readonly kind: 'splat';
  readonly target: Expression;
  readonly each: Expression;
}
export interface SplatItemExpression extends Placed {
  readonly kind: 'splat-item';
}
export interface CallExpression extends Placed {
  readonly kind: 'call';
  readonly name: Name;
  readonly args: readonly Expression[];
  /** The last argument is followed by `...`: its elements are the further arguments. */
  readonly expandLast: boolean;
}
export interface ConditionalExpression extends Placed {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}
export interface BinaryExpression extends Placed {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
}
export interface UnaryExpression extends Placed {
  readonly kind: 'unary';
  readonly operator: '-' | '!';
  readonly operand: Expression;
}
export interface ParenthesesExpression extends Placed {
  readonly kind: 'parentheses';
  readonly inner: Expression;
}
export interface TupleExpression extends Placed {
  readonly kind: 'tuple';
  readonly items: readonly Expression[];
}
export interface ObjectExpression extends Placed {
  readonly kind: 'object';
  readonly items: readonly ObjectItem[];
}
export interface ObjectItem {
  /** A bare name is a literal here; anything else is evaluated and converted to a string. */
  readonly key: Expression;
  readonly value: Expression;
}
export interface ForExpression extends Placed {
  readonly kind: 'for';
  readonly keyName: Name | undefined;
  readonly valueName: Name;
  readonly collection: Expression;
  /** Present for `{for ...}`, absent for `[for ...]`. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly condition: Expression | undefined;
  /** `...` after the value: values of equal keys are gathered. */
  readonly group: boolean;
}

export type Expression =
  | NumberExpression
  | LiteralExpression
  | TemplateExpression
  | VariableExpression
  | AttributeExpression
  | IndexExpression
  | SplatExpression
  | SplatItemExpression
  | CallExpression
  | ConditionalExpression
  | BinaryExpression
  | UnaryExpression
  | ParenthesesExpression
  | TupleExpression
  | ObjectExpression
  | ForExpression;

export interface TextPart extends Placed {
  readonly kind: 'text';
  readonly text: string;
}
export interface InterpolationPart extends Placed {
  readonly kind: 'interpolation';
  readonly expression: Expression;
}
export interface IfPart extends Placed {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly whenTrue: TemplateExpression;
  readonly whenFalse: TemplateExpression | undefined;
}
export interface ForPart extends Placed {
  readonly kind: 'for';
  readonly keyName: Name | undefined;
  readonly valueName: Name;
  readonly collection: Expression;
  readonly body: TemplateExpression;
}
export type TemplatePart = TextPart | InterpolationPart | IfPart | ForPart;

export interface Attribute {
  readonly name: string;
  readonly nameSpan: Span;
  readonly expression: Expression;
  readonly span: Span;
}

export interface Block {
  readonly type: string;
  readonly typeSpan: Span;
  readonly labels: readonly Name[];
  readonly body: Body;
  /** From the type name to the last label: what a complaint about the whole block points at. */
  readonly headerSpan: Span;
  readonly span: Span;
}

/** A body as its syntax left it. Which members of a JSON body are blocks only the reader's schema can tell. */
export type Body = NativeBody | JsonBody;

export interface NativeBody extends Placed {
  readonly syntax: 'native';
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
}

export interface JsonBody extends Placed {
  readonly syntax: 'json';
  readonly members: readonly JsonMember[];
}
export interface JsonMember {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: ConfigNode;
}
