import type { Budget } from '../limits.ts';
import { TextBuilder } from '../limits.ts';
import { typeName, type Value } from '../values.ts';
import { Flags } from './flags.ts';
import { formatValue } from './value.ts';

/** Widths and precisions beyond this count as mistakes, as in Go. */
const LARGEST = 1_000_000;

/** Reads a format string piece by piece, taking operands as the verbs ask for them. */
class FormatReader {
  readonly #format: string;
  readonly #args: readonly Value[];
  readonly #budget: Budget;
  readonly #out = new TextBuilder();
  #at = 0;
  #next = 0;
  #reordered = false;
  #goodIndex = true;
  #afterIndex = false;

  constructor(format: string, args: readonly Value[], budget: Budget) {
    this.#format = format;
    this.#args = args;
    this.#budget = budget;
  }

  read(): string {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at);
      this.#out.add(format.slice(this.#at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#budget.step();
      this.#verb();
    }
    if (!this.#reordered && this.#next < this.#args.length) this.#extra();
    return this.#out.toString();
  }

  #verb(): void {
    const format = this.#format;
    this.#goodIndex = true;
    const flags = this.#flags();
    this.#index();
    this.#width(flags);
    this.#precision(flags);
    if (!this.#afterIndex) this.#index();
    if (this.#at >= format.length) {
      this.#out.add('%!(NOVERB)');
      return;
    }
    const verb = String.fromCodePoint(format.codePointAt(this.#at) ?? 0);
    this.#at += verb.length;
    this.#out.add(this.#formatted(verb, flags));
  }

  #formatted(verb: string, flags: Flags): string {
    if (verb === '%') return '%';
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    if (this.#next >= this.#args.length) return `%!${verb}(MISSING)`;
    if (verb === 'v' || verb === 'w') {
      [flags.sharpV, flags.sharp, flags.plusV, flags.plus] = [flags.sharp, false, flags.plus, false];
    }
    return formatValue(this.#args[this.#next++], verb, flags, this.#budget);
  }

  #flags(): Flags {
    const flags = new Flags();
    for (; ; this.#at++) {
      const char = this.#format[this.#at];
      if (char === '#') flags.sharp = true;
      else if (char === '0') flags.zero = true;
      else if (char === '+') flags.plus = true;
      else if (char === '-') flags.minus = true;
      else if (char === ' ') flags.space = true;
      else return flags;
    }
  }

  /** `[n]`: the operand to use next, counted from one. */
  #index(): void {
    this.#afterIndex = false;
    if (this.#format[this.#at] !== '[') return;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    const digits = close < 0 ? '' : this.#format.slice(this.#at + 1, close);
    const wellFormed = /^[0-9]{1,7}$/.test(digits);
    const number = Number(digits);
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    if (wellFormed && number >= 1 && number <= this.#args.length) {
      this.#next = number - 1;
      this.#afterIndex = true;
      return;
    }
    this.#goodIndex = false;
    this.#afterIndex = wellFormed;
  }

  #digits(): number | undefined {
    let end = this.#at;
    let number = 0;
    while (/[0-9]/.test(this.#format[end] ?? '')) {
      if (number > LARGEST) {
        this.#at = this.#format.length;
        return undefined;
      }
      number = number * 10 + Number(this.#format[end]);
      end++;
    }
    const found = end > this.#at;
    this.#at = end;
    return found ? number : undefined;
  }

  /** The operand of a `*`; undefined when it is no sensible int. */
  #star(): number | undefined {
    this.#at++;
    this.#afterIndex = false;
    if (this.#next >= this.#args.length) return undefined;
    const value = this.#args[this.#next++];
    if (typeof value !== 'bigint' || value > BigInt(LARGEST) || value < -BigInt(LARGEST)) return undefined;
    return Number(value);
  }

  #width(flags: Flags): void {
    if (this.#format[this.#at] !== '*') {
      flags.width = this.#digits();
      if (this.#afterIndex && flags.width !== undefined) this.#goodIndex = false;
      return;
    }
    const width = this.#star();
    if (width === undefined) this.#out.add('%!(BADWIDTH)');
    else if (width < 0) {
      flags.minus = true;
      flags.zero = false;
    }
    flags.width = width === undefined ? undefined : Math.abs(width);
  }

  #precision(flags: Flags): void {
    if (this.#format[this.#at] !== '.' || this.#at + 1 >= this.#format.length) return;
    this.#at++;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#index();
    if (this.#format[this.#at] !== '*') {
      flags.precision = this.#digits() ?? 0;
      return;
    }
    const precision = this.#star();
    if (precision === undefined || precision < 0) this.#out.add('%!(BADPREC)');
    else flags.precision = precision;
  }

  /** Operands that no verb took. */
  #extra(): void {
    const rest = this.#args.slice(this.#next).map(value => {
      if (value === undefined) return '<nil>';
      return `${typeName(value)}=${formatValue(value, 'v', new Flags(), this.#budget)}`;
    });
    this.#out.add(`%!(EXTRA ${rest.join(', ')})`);
  }
}

/** Go's fmt.Sprintf. Throws a CallFault when the result grows beyond the limits. */
export function sprintf(format: string, args: readonly Value[], budget: Budget): string {
  return new FormatReader(format, args, budget).read();
}

/** The plain form of one value (%v). */
export function formatPlain(value: Value, budget: Budget): string {
  return typeof value === 'string' ? value : formatValue(value, 'v', new Flags(), budget);
}

/** Go's fmt.Sprint: a space between operands when neither is a string. */
export function sprint(args: readonly Value[], budget: Budget): string {
  const text = new TextBuilder();
  for (const [index, value] of args.entries()) {
    if (index > 0 && typeof value !== 'string' && typeof args[index - 1] !== 'string') text.add(' ');
    text.add(formatPlain(value, budget));
  }
  return text.toString();
}

/** Go's fmt.Sprintln: spaces between all operands, a line feed at the end. */
export function sprintln(args: readonly Value[], budget: Budget): string {
  const text = new TextBuilder();
  for (const [index, value] of args.entries()) text.add((index > 0 ? ' ' : '') + formatPlain(value, budget));
  text.add('\n');
  return text.toString();
}
