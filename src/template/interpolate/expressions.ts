import type { Command, FunctionName, Operand, Pipeline, Variable } from './ast.ts';
import { numberLiteral, textLiteral } from './constants.ts';
import type { Scope } from './scope.ts';
import type { Token } from './token.ts';
import { fault, type TokenReader } from './tokens.ts';

/** What surrounds a pipeline; also how it is called in messages. */
export type PipelineContext = 'action' | 'if' | 'with' | 'range' | 'template' | 'block' | 'parentheses';

const OPERAND_STARTS = new Set([
  'word',
  'dot',
  'nil',
  'bool',
  'field',
  'variable',
  '(',
  'string',
  'raw',
  'rune',
  'number',
  'complex',
]);
const PASSIVE = new Set(['bool', 'dot', 'nil', 'number', 'string']);

/** Parses pipelines: `$x := command | command`, with operands, fields and parentheses. */
export class ExpressionParser {
  readonly functions: FunctionName[] = [];
  readonly calls: Command[] = [];
  readonly #tokens: TokenReader;
  readonly #scope: Scope;

  constructor(tokens: TokenReader, scope: Scope) {
    this.#tokens = tokens;
    this.#scope = scope;
  }

  /** A pipeline up to and including the delimiter that closes it. */
  pipeline(context: PipelineContext): Pipeline {
    const closing = context === 'parentheses' ? ')' : 'close';
    const { start } = this.#tokens.peekSolid();
    const { targets, assigns } = this.#targets(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#tokens.peekSolid();
      if (token.kind === closing) {
        this.#tokens.nextSolid();
        this.#check(commands, context, token);
        const end = commands.at(-1)?.end ?? token.start;
        return { kind: 'pipeline', start, end, targets, assigns, commands, behind: token.end };
      }
      if (!OPERAND_STARTS.has(token.kind)) throw this.#tokens.unexpected(token, context);
      commands.push(this.#command());
    }
  }

  #check(commands: readonly Command[], context: PipelineContext, closing: Token): void {
    if (commands.length === 0) {
      const hint =
        context === 'parentheses'
          ? 'a function without arguments is called without parentheses'
          : 'write a value, or remove it';
      throw fault(
        context === 'parentheses' ? 'nothing stands in these parentheses' : `no value stands in this ${context}`,
        closing,
        hint,
      );
    }
    const passive = commands.slice(1).find(command => PASSIVE.has(command.head.kind));
    if (passive)
      throw fault(
        'what follows a | must be a function',
        passive.head,
        'the value on the left becomes its last argument',
      );
  }

  /** `$x :=`, `$x =`, and in range `$i, $e :=`. */
  #targets(context: PipelineContext): { targets: string[]; assigns: boolean } {
    const tokens = this.#tokens;
    const targets: string[] = [];
    for (;;) {
      const token = tokens.peekSolid();
      if (token.kind !== 'variable') return { targets, assigns: false };
      const offset = tokens.peek().kind === 'space' ? 2 : 1;
      const after = tokens.peek(offset).kind === 'space' ? tokens.peek(offset + 1) : tokens.peek(offset);
      const comma = after.kind === 'char' && tokens.source(after) === ',';
      if (after.kind !== '=' && after.kind !== ':=' && !comma) return { targets, assigns: false };
      tokens.nextSolid();
      tokens.nextSolid();
      const name = tokens.source(token);
      // As in Go, an assignment to a name that was never declared is only found when it is executed.
      targets.push(name);
      this.#scope.declare(name);
      if (!comma) return { targets, assigns: after.kind === '=' };
      if (context !== 'range' || targets.length > 1)
        throw fault('too many variables on the left side', token, 'only {{range $i, $e := ...}} takes two');
      const second = tokens.peekSolid();
      if (second.kind !== 'variable' && second.kind !== 'close' && second.kind !== ')')
        throw fault('a second variable was expected after the comma', second);
    }
  }

  #command(): Command {
    const tokens = this.#tokens;
    const operands: Operand[] = [];
    const { start } = tokens.peekSolid();
    for (;;) {
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = tokens.peek();
      if (token.kind === 'space') {
        tokens.next();
        continue;
      }
      if (token.kind === '|') tokens.next();
      else if (token.kind !== 'close' && token.kind !== ')')
        throw tokens.unexpected(token, operands.at(-1)?.kind === 'function' ? 'call' : 'expression');
      const [head, ...args] = operands;
      if (!head) throw fault('a command is missing here', token);
      const command = { start, end: operands.at(-1)?.end ?? start, head, args };
      if (head.kind === 'function') this.calls.push(command);
      return command;
    }
  }

  #operand(): Operand | undefined {
    const tokens = this.#tokens;
    const base = this.#term();
    if (!base || tokens.peek().kind !== 'field') return base;
    const names: string[] = [];
    let { end } = base;
    while (tokens.peek().kind === 'field') {
      const token = tokens.next();
      names.push(tokens.source(token).slice(1));
      end = token.end;
    }
    const { start } = base;
    switch (base.kind) {
      case 'field':
      case 'variable':
        return { ...base, end, names: [...base.names, ...names] };
      case 'function':
      case 'pipeline':
        return { kind: 'chain', start, end, base, names };
      default:
        throw fault(`${tokens.source(base)} has no fields`, { start, end });
    }
  }

  #term(): Operand | undefined {
    const tokens = this.#tokens;
    if (!OPERAND_STARTS.has(tokens.peekSolid().kind)) return undefined;
    const token = tokens.nextSolid();
    const { start, end } = token;
    const source = tokens.source(token);
    switch (token.kind) {
      case 'word': {
        const word: FunctionName = { kind: 'function', start, end, name: source };
        this.functions.push(word);
        return word;
      }
      case 'dot':
        return { kind: 'dot', start, end };
      case 'nil':
        return { kind: 'nil', start, end };
      case 'bool':
        return { kind: 'bool', start, end, value: source === 'true' };
      case 'field':
        return { kind: 'field', start, end, names: [source.slice(1)] };
      case 'variable':
        return this.#variable(token, source);
      case '(':
        return tokens.nested(token, () => {
          const inner = this.pipeline('parentheses');
          return { ...inner, start, end: inner.behind };
        });
      case 'string':
      case 'raw':
        return textLiteral(token, source);
      default:
        return numberLiteral(token, source);
    }
  }

  #variable(token: Token, name: string): Variable {
    if (!this.#scope.knows(name))
      throw fault(`the variable ${name} is not declared here`, token, `declare it first: {{ ${name} := ... }}`);
    return { kind: 'variable', start: token.start, end: token.end, name, names: [] };
  }
}
