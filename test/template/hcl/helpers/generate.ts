/** Numbers that depend on the seed only. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Writes valid HCL, as untidy as can be. */
class Generator {
  private readonly below: (limit: number) => number;
  private names = 0;

  constructor(seed: number) {
    this.below = random(seed);
  }

  private pick<T>(...choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  private gap(): string {
    return this.pick('', ' ', '', '  ', ' ', '\t');
  }

  /** Inside brackets line ends and comments are gaps, too. */
  private wideGap(): string {
    return this.pick('', ' ', '', '\t', ' ', '\n', ' # c\n', ' /* x */ ');
  }

  private many(most: number, make: () => string, separator: string): string {
    return Array.from({ length: this.below(most) }, make).join(separator);
  }

  private name(): string {
    return this.pick('a', 'b', 'foo', 'x-y', 'vär', 'longer_name');
  }

  private text(depth: number): string {
    const piece = (): string => {
      if (depth > 0 && this.below(3) === 0) {
        const inner = `${this.wideGap()}${this.expression(depth - 1, true)}${this.wideGap()}`;
        return this.pick(`\${${inner}}`, `\${~ ${inner} ~}`, `%{ if ${inner} }x%{ else }y%{~ endif }`);
      }
      return this.pick('abc', ' ', '$ ', '$${', '%%{', '% ', '\\n', '\\"', 'é👍', '#', '{', '}');
    };
    return `"${this.many(4, piece, '')}"`;
  }

  private heredoc(): string {
    const line = (): string =>
      `${this.pick('', '  ', '\t')}${this.pick('abc', '', 'x "y"', '$${a}', `\${${this.expression(1, true)}} tail`)}\n`;
    return `<<${this.pick('', '-')}EOT\n${this.many(4, line, '')}${this.pick('', '  ')}EOT\n`;
  }

  private expression(depth: number, wide: boolean): string {
    const gap = (): string => (wide ? this.wideGap() : this.gap());
    const inner = (): string => this.expression(depth - 1, true);
    const same = (): string => this.expression(depth - 1, wide);
    if (depth <= 0) return this.pick(this.name(), String(this.below(100)), '1.5', '"s"', 'true', 'null');
    const separator = `${this.wideGap()},${this.wideGap()}`;
    const makers: readonly (() => string)[] = [
      () => this.text(depth),
      () => `${same()}${gap()}${this.pick('+', ' -', '*', '/', '%', '==', '<', '>=', '&&', '||')}${gap()}${same()}`,
      () => `${this.pick('-', '!')}${this.gap()}${same()}`,
      () => `(${this.wideGap()}${inner()}${this.wideGap()})`,
      () => `[${this.wideGap()}${this.many(4, inner, separator)}${this.wideGap()}]`,
      () =>
        `{${this.many(4, () => `${this.pick('\n', ' ')}${this.name()}${this.gap()}=${this.gap()}${this.expression(depth - 1, false)}`, ',')}${this.pick(' ', '\n')}}`,
      () => `${this.name()}.${this.name()}`,
      () => `${this.name()}[${inner()}]`,
      () => `${this.name()}${this.pick('.*.', '[*].', '.0.')}${this.name()}`,
      () => `${this.name()}(${this.many(3, inner, separator)}${this.wideGap()})`,
      () => `${same()}${gap()}?${gap()}${same()}${gap()}:${gap()}${same()}`,
      () => `[for a in ${inner()}${this.gap()}:${this.gap()}${inner()}${this.pick('', ' if b')}]`,
      () => `{for a,b in ${inner()}:${inner()}=>${inner()}${this.pick('', '...')}}`,
    ];
    return this.pick(...makers)();
  }

  body(depth: number): string {
    const item = (): string => {
      const name = `k${this.names++}${this.pick('', 'xxxx', 'é')}`;
      const end = (): string => `${this.gap()}${this.pick('\n', '\n', '# c\n', '// c\n', '\r\n')}`;
      const label = this.pick('', '"l"', '"l" "m"', ' lab ');
      return this.pick<() => string>(
        () => `${this.gap()}${name}${this.gap()}=${this.gap()}${this.expression(this.below(4), false)}${end()}`,
        () => `${this.gap()}${name}${this.gap()}=${this.gap()}${this.expression(1, false)}${end()}`,
        () => `${this.gap()}${name}${this.gap()}=${this.gap()}${this.heredoc()}`,
        () => this.pick('\n', '# comment\n', '/* two\n lines */\n'),
        () =>
          `${this.gap()}blk${this.gap()}${label}${this.gap()}{${this.gap()}\n${depth > 0 ? this.body(depth - 1) : ''}${this.gap()}}${end()}`,
        () => `one${this.gap()}{${this.gap()}${this.pick('', `q${this.gap()}=1`)}${this.gap()}}\n`,
      )();
    };
    return this.many(6, item, '');
  }
}

/** A valid body for each seed. */
export function generateBody(seed: number): string {
  return new Generator(seed).body(3);
}

/** A text with one to three of its characters changed, as a slip of the hand would. */
export function mutate(text: string, seed: number): string {
  const below = random(seed);
  const signs = [
    '"',
    '}',
    '{',
    ']',
    '[',
    '\n',
    ',',
    '=',
    '${',
    '%{',
    '$',
    '\\',
    '~',
    '(',
    ')',
    '#',
    '/*',
    '<<E\n',
    "'",
    '.',
    '*',
    '\0',
    '\ufeff',
    '\ud800',
    '?',
    ':',
    '...',
  ];
  let result = text;
  for (let change = 0; change <= below(3); change++) {
    const at = below(result.length + 1);
    const sign = signs[below(signs.length)] ?? '';
    const kind = below(4);
    if (kind === 0) result = result.slice(0, at) + result.slice(at + 1 + below(5));
    else if (kind === 1) result = result.slice(0, at) + sign + result.slice(at);
    else if (kind === 2) result = result.slice(0, at) + sign + result.slice(at + 1);
    else result = result.slice(0, at);
  }
  return result;
}
