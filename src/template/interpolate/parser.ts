import { type BranchNode, type Node, type ParsedTemplate, type Place, ROOT_NAME, type TemplateNode } from './ast.ts';
import { unquoted } from './constants.ts';
import { ExpressionParser } from './expressions.ts';
import { Scope } from './scope.ts';
import type { Token } from './token.ts';
import { fault, TokenReader } from './tokens.ts';

/** The end of a block: which word closed it. */
interface Closing {
  readonly word: 'end' | 'else';
  readonly place: Place;
  /** After `else`: the `if` or `with` that follows it in the same action. */
  readonly chained?: 'if' | 'with';
}

interface Block {
  readonly nodes: Node[];
  readonly closing: Closing;
}

/**
 * Parses a text for the engine. `keepFields`: fragments of the form `{{ .X }}` count as plain text.
 * Throws a RenderError at the first thing that is wrong; unknown functions are not its concern.
 */
export function parseTemplate(text: string, keepFields = false): ParsedTemplate {
  return new Parser(text, keepFields).parse();
}

class Parser {
  readonly #tokens: TokenReader;
  readonly #scope = new Scope();
  readonly #expressions: ExpressionParser;
  readonly #definitions = new Map<string, readonly Node[]>();

  constructor(text: string, keepFields: boolean) {
    this.#tokens = new TokenReader(text, keepFields);
    this.#expressions = new ExpressionParser(this.#tokens, this.#scope);
  }

  parse(): ParsedTemplate {
    const tokens = this.#tokens;
    const body: Node[] = [];
    for (let token = tokens.next(); token.kind !== 'end'; token = tokens.next()) {
      if (token.kind === 'open' && tokens.isKeyword(tokens.peekSolid(), 'define')) {
        tokens.nextSolid();
        this.#define(token);
        continue;
      }
      const node = this.#statement(token);
      if ('word' in node) throw fault(`{{${node.word}}} stands here without a block that it could close`, node.place);
      body.push(node);
    }
    this.#add(ROOT_NAME, body, { start: 0, end: tokens.text.length });
    const { functions, calls } = this.#expressions;
    return { text: tokens.text, definitions: this.#definitions, functions, calls };
  }

  /** Text, an action, or the word that ends the block; `token` is its first. */
  #statement(token: Token): Node | Closing {
    const tokens = this.#tokens;
    if (token.kind === 'text') return { ...token, kind: 'text', text: tokens.source(token) };
    const first = tokens.peekSolid();
    const { start } = token;
    if (first.kind !== 'keyword') {
      const pipeline = this.#expressions.pipeline('action');
      return { kind: 'action', start, end: pipeline.behind, pipeline };
    }
    tokens.nextSolid();
    const word = tokens.source(first);
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return tokens.nested(token, () => this.#branch(word, token));
      case 'block':
        return tokens.nested(token, () => this.#block(token));
      case 'template':
        return this.#templateCall(token);
      case 'break':
      case 'continue': {
        const { end } = tokens.expectClose(word);
        if (!this.#scope.inLoop) throw fault(`{{${word}}} stands outside of {{range}}`, { start, end });
        return { kind: word, start, end };
      }
      case 'end':
        return { word, place: { start, end: tokens.expectClose(word).end } };
      case 'else':
        return this.#else(start);
      default:
        throw fault('{{define}} cannot stand inside a block', first, 'move it to the top of the text');
    }
  }

  #else(start: number): Closing {
    const tokens = this.#tokens;
    const after = tokens.peekSolid();
    const word = tokens.source(after);
    if (after.kind === 'keyword' && (word === 'if' || word === 'with')) {
      tokens.nextSolid();
      return { word: 'else', place: { start, end: after.end }, chained: word };
    }
    return { word: 'else', place: { start, end: tokens.expectClose('else').end } };
  }

  /** Statements up to the word that ends their block; `open` is where the block began. */
  #list(open: Place, what: string): Block {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens.next();
      if (token.kind === 'end') throw fault(`this {{${what}}} is not closed`, open, 'add the missing {{end}}');
      const node = this.#statement(token);
      if ('word' in node) return { nodes, closing: node };
      nodes.push(node);
    }
  }

  #branch(kind: 'if' | 'with' | 'range', token: Token): BranchNode {
    return this.#scope.block(() => {
      const pipeline = this.#expressions.pipeline(kind);
      const open = { start: token.start, end: pipeline.behind };
      const read = (): Block => this.#list(open, kind);
      const { nodes: body, closing } = kind === 'range' ? this.#scope.loop(read) : read();
      const otherwise = closing.word === 'else' ? this.#otherwise(kind, open, token, closing) : [];
      return { kind, ...open, pipeline, body, otherwise };
    });
  }

  #otherwise(kind: 'if' | 'with' | 'range', open: Place, token: Token, closing: Closing): Node[] {
    // `{{else if}}` is an if inside the else branch that shares the final {{end}}.
    if (closing.chained === kind) return [this.#tokens.nested(token, () => this.#branch(kind, token))];
    if (closing.chained) throw fault(`{{else ${closing.chained}}} cannot continue a {{${kind}}}`, closing.place);
    const rest = this.#list(open, kind);
    if (rest.closing.word !== 'end') throw fault(`this {{${kind}}} has an {{else}} already`, rest.closing.place);
    return rest.nodes;
  }

  #define(token: Token): void {
    const name = this.#templateName('define');
    const open = { start: token.start, end: this.#tokens.expectClose('define').end };
    this.#body(name, open, 'define');
  }

  #block(token: Token): TemplateNode {
    const name = this.#templateName('block');
    const pipeline = this.#expressions.pipeline('block');
    const open = { start: token.start, end: pipeline.behind };
    this.#body(name, open, 'block');
    return { kind: 'template', ...open, name, pipeline };
  }

  #body(name: string, open: Place, what: string): void {
    const { nodes, closing } = this.#scope.separate(() => this.#list(open, what));
    if (closing.word === 'else') throw fault(`{{else}} has no place in a {{${what}}}`, closing.place);
    this.#add(name, nodes, open);
  }

  #templateCall(token: Token): TemplateNode {
    const name = this.#templateName('template');
    const { start } = token;
    if (this.#tokens.peekSolid().kind === 'close')
      return { kind: 'template', start, end: this.#tokens.nextSolid().end, name, pipeline: undefined };
    const pipeline = this.#expressions.pipeline('template');
    return { kind: 'template', start, end: pipeline.behind, name, pipeline };
  }

  #templateName(what: string): string {
    const token = this.#tokens.nextSolid();
    if (token.kind === 'string' || token.kind === 'raw') return unquoted(token, this.#tokens.source(token));
    throw fault(`{{${what}}} needs a quoted name`, token, `for example {{${what} "name" .}}`);
  }

  /** A later definition replaces one without content; two with content clash. */
  #add(name: string, nodes: readonly Node[], place: Place): void {
    const before = this.#definitions.get(name);
    if (before === undefined || isBlank(before)) this.#definitions.set(name, nodes);
    else if (!isBlank(nodes)) throw fault(`the template "${name}" is defined twice`, place);
  }
}

function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every(node => node.kind === 'text' && node.text.trim() === '');
}
