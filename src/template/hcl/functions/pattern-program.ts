/** Steps of a machine that tries all ways of a pattern at once. Jumps are places in the program. */
export type Step =
  | { readonly kind: 'char'; readonly test: (char: number) => boolean }
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'save'; readonly slot: number }
  | { readonly kind: 'assert'; readonly test: (text: string, at: number) => boolean }
  | { readonly kind: 'match' };

type Node =
  | { readonly kind: 'char'; readonly source: string }
  | { readonly kind: 'assert'; readonly name: string }
  | { readonly kind: 'group'; readonly number: number | undefined; readonly inner: Node }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly inner: Node; readonly least: number; readonly most: number; lazy: boolean };

/** Go's own limit for a counted repetition, nested ones multiplied. */
const MOST_REPEATS = 1000;
const LONGEST_PROGRAM = 50_000;

const isWord = (char: string): boolean => /^\w$/.test(char);
const atWordEdge = (text: string, at: number): boolean => isWord(text.charAt(at - 1)) !== isWord(text.charAt(at));

const ASSERTIONS: Readonly<Record<string, (text: string, at: number) => boolean>> = {
  '^': (_, at) => at === 0,
  '(?![^])': (text, at) => at === text.length,
  '(?<![^\\n])': (text, at) => at === 0 || text.charAt(at - 1) === '\n',
  '(?![^\\n])': (text, at) => at === text.length || text.charAt(at) === '\n',
  '\\b': atWordEdge,
  '\\B': (text, at) => !atWordEdge(text, at),
};

/**
 * The program of a pattern that `compilePattern` has translated, so that it holds only what is written there. Throws an Error,
 * with the reason as its message, when it is too large.
 */
export function patternProgram(source: string): readonly Step[] {
  const program: Step[] = [{ kind: 'save', slot: 0 }];
  emit(new Reader(source).choice(), program);
  program.push({ kind: 'save', slot: 1 }, { kind: 'match' });
  return program;
}

class Reader {
  private readonly source: string;
  private at = 0;
  private groups = 0;

  constructor(source: string) {
    this.source = source;
  }

  choice(): Node {
    const items = [this.sequence()];
    while (this.source.charAt(this.at) === '|') {
      this.at++;
      items.push(this.sequence());
    }
    return { kind: 'choice', items };
  }

  private sequence(): Node {
    const items: Node[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source.charAt(this.at))) items.push(this.repeated());
    return { kind: 'sequence', items };
  }

  private repeated(): Node {
    const inner = this.atom();
    const [whole, sign, from, comma, to, lazy] = this.take(/([*+?])(\??)|\{(\d+)(?:(,)(\d*))?\}(\??)/y, parts => [
      parts[0], parts[1], parts[3], parts[4], parts[5], parts[2] ?? parts[6],
    ]); // biome-ignore format: parts in order
    if (whole === undefined) return inner;
    const counted = Number(from ?? 0);
    const least = sign === undefined ? counted : sign === '+' ? 1 : 0;
    const most =
      sign === undefined ? (comma === undefined ? counted : to ? Number(to) : Infinity) : sign === '?' ? 1 : Infinity;
    return { kind: 'repeat', inner, least, most, lazy: lazy === '?' };
  }

  private atom(): Node {
    const [assertion] = this.take(/\^|\(\?!\[\^\]\)|\(\?<!\[\^\\n\]\)|\(\?!\[\^\\n\]\)|\\[bB]/y, parts => [parts[0]]);
    if (assertion !== undefined) return { kind: 'assert', name: assertion };
    const [open] = this.take(/\((?:\?:)?/y, parts => [parts[0]]);
    if (open !== undefined) {
      const number = open === '(' ? ++this.groups : undefined;
      const inner = this.choice();
      this.at++;
      return { kind: 'group', number, inner };
    }
    const [source = ''] = this.take(/\[\^\]|\[\^?(?:\\.|[^\]\\])+\]|\\.|./suy, parts => [parts[0]]);
    return { kind: 'char', source };
  }

  /** The parts of what stands here, or nothing. */
  private take(pattern: RegExp, parts: (found: RegExpExecArray) => (string | undefined)[]): (string | undefined)[] {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (!found) return [];
    this.at = pattern.lastIndex;
    return parts(found);
  }
}

function emit(node: Node, program: Step[], repeats = 1): void {
  if (program.length > LONGEST_PROGRAM) throw new Error('it is too large');
  switch (node.kind) {
    case 'char':
      program.push({ kind: 'char', test: charTest(node.source) });
      return;
    case 'assert':
      program.push({ kind: 'assert', test: ASSERTIONS[node.name] ?? (() => false) });
      return;
    case 'group':
      if (node.number !== undefined) program.push({ kind: 'save', slot: 2 * node.number });
      emit(node.inner, program, repeats);
      if (node.number !== undefined) program.push({ kind: 'save', slot: 2 * node.number + 1 });
      return;
    case 'sequence':
      for (const item of node.items) emit(item, program, repeats);
      return;
    case 'choice':
      emitChoice(node.items, program, repeats);
      return;
    default:
      emitRepeat(node, program, repeats);
  }
}

function emitChoice(items: readonly Node[], program: Step[], repeats: number): void {
  const jumps: { to: number }[] = [];
  items.forEach((item, index) => {
    const isLast = index === items.length - 1;
    const split = { kind: 'split', first: program.length + 1, second: 0 } as const satisfies Step;
    const branch: { second: number } = split;
    if (!isLast) program.push(split);
    emit(item, program, repeats);
    if (isLast) return;
    const jump = { kind: 'jump' as const, to: 0 };
    program.push(jump);
    jumps.push(jump);
    branch.second = program.length;
  });
  for (const jump of jumps) jump.to = program.length;
}

function emitRepeat(node: Node & { kind: 'repeat' }, program: Step[], repeats: number): void {
  const { inner, least, most, lazy } = node;
  const count = repeats * Math.max(least, most === Infinity ? 1 : most, 1);
  if (count > MOST_REPEATS) throw new Error(`it repeats more than ${MOST_REPEATS} times`);
  for (let time = 0; time < least; time++) emit(inner, program, count);
  const optional = (): { skipTo: (place: number) => void } => {
    const here = program.length + 1;
    const split = { kind: 'split' as const, first: here, second: here };
    program.push(split);
    return {
      skipTo: place => {
        if (lazy) split.first = place;
        else split.second = place;
      },
    };
  };
  if (most === Infinity) {
    const start = program.length;
    const split = optional();
    emit(inner, program, count);
    program.push({ kind: 'jump', to: start });
    split.skipTo(program.length);
    return;
  }
  const splits: ReturnType<typeof optional>[] = [];
  for (let time = least; time < most; time++) {
    splits.push(optional());
    emit(inner, program, count);
  }
  for (const split of splits) split.skipTo(program.length);
}

const tests = new Map<string, (char: number) => boolean>();

/** Whether a character belongs to a class, with what was found out about the first 128 of them kept. */
function charTest(source: string): (char: number) => boolean {
  const known = tests.get(source);
  if (known) return known;
  const expression = new RegExp(`^${source}$`, 'u');
  const ascii = Array.from({ length: 128 }, (_, code) => expression.test(String.fromCharCode(code)));
  const test = (char: number): boolean => ascii[char] ?? expression.test(String.fromCodePoint(char));
  if (tests.size > 500) tests.clear();
  tests.set(source, test);
  return test;
}
