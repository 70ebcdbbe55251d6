import { catalog } from '../../src/catalog.ts';
import type { Option, OptionTable } from '../../src/sdk/options.ts';

/** The option tables of every plugin type: random documents are made of options that exist. */
export interface Vocabulary {
  readonly builders: readonly (readonly [type: string, table: OptionTable])[];
  readonly provisioners: readonly (readonly [type: string, table: OptionTable])[];
  readonly postProcessors: readonly (readonly [type: string, table: OptionTable])[];
}

export async function readVocabulary(): Promise<Vocabulary> {
  const tables = (entries: Readonly<Record<string, { load(): Promise<{ schema: { options: OptionTable } }> }>>) =>
    Promise.all(
      Object.entries(entries).map(async ([type, entry]) => [type, (await entry.load()).schema.options] as const),
    );
  return {
    builders: await tables(catalog.builders),
    provisioners: await tables(catalog.provisioners),
    postProcessors: await tables(catalog.postProcessors),
  };
}

const TEXTS = [
  '', 'x', 'ubuntu', 'us-east-1', 'ami-12345678', '10.0.0.0/8', '0.0.0.0/0', '::/0', 'arn:aws:iam::123456789012:role/x', '/dev/sda1', 'gp3', 'io2',
  't3.micro', 'web-{{timestamp}}', '{{user `a`}}', '{{user "b"}}', '{{isotime "2006"}}', '{{build `ID`}}', '{{ .Vars }} {{ .Path }}', '{{ .SourceAMI }}',
  '{{', '{{ nope }}', '{{ if }}', '{{range $i := .x}}', '{{ printf "%999999999d" 1 }}', '{{ "x" | upper | lower }}', '{{env `HOME`}}', '{{uuid}}',
  '{{ split "a-b" "-" 9 }}', '{{ strftime "%Y" }}', '{{ template_dir }}/x', '~/x', '/', '.', '..', '/etc/passwd', '/dev/null', 'script.sh', 'folder', '\u0000',
  '\ud800', 'é😀', 'a=b', '=b', 'A=1,B=2', '1', '0', '-1', '0x1F', '1e3', 'true', 'F', '5m', '1h30m', '-3s', '5', '9999999999h', '99999999999999999999',
  'md5', 'sha256', 'http://example.invalid/', 'https://[::1', '"', "'", '`', '$HOME', '%s', '*', '[a', '(', 'C:\\x\\y', 'a\nb', 'a\tb', '<<<', '\u2028',
  'ssh', 'winrm', 'none', 'session_manager', 'rsa', 'ed25519', '80:host:22', 'self', 'amazon', '-----BEGIN RSA PRIVATE KEY-----', '{"a":1}', '[1]', 'x'.repeat(5000),
]; // biome-ignore format: a list of texts
/** Texts that make a careless pattern take for ever. */
const LONG = [
  '0',
  '1.',
  ' ',
  'a-',
  'a ',
  ':',
  '/',
  '../',
  '{',
  '{{',
  '"',
  '`',
  '\\',
  ',',
  'A=',
  '%',
  '*',
  '[',
  '(',
  '$',
  '\n',
  '\t ',
  'é',
  '1s',
  '@',
].map(piece => `${piece.repeat(Math.floor(3000 / piece.length))}!`);
const NUMBERS = [
  0, 1, -1, 2, 3, 22, 65535, 65536, 1.5, -0.5, 1e21, 1e308, 9007199254740992, -9007199254740992, 2147483648, 8, 125,
  1000,
];
const CORE = [
  'only',
  'except',
  'override',
  'pause_before',
  'timeout',
  'max_retries',
  'name',
  'keep_input_artifact',
  'type',
  'nope',
  '__proto__',
  'constructor',
  '',
];

/** Templates of one component each, whose every option holds one of the texts that make a careless pattern take for ever. */
export function* longTextDocuments({ builders, provisioners, postProcessors }: Vocabulary): Generator<string> {
  const nothing = { type: 'null', communicator: 'none' };
  for (const text of LONG) {
    const filled = ([type, table]: readonly [string, OptionTable]): object => ({ ...fill(table, text), type });
    for (const one of builders) yield JSON.stringify({ variables: { a: text }, builders: [filled(one)] });
    for (const one of provisioners) yield JSON.stringify({ builders: [nothing], provisioners: [filled(one)] });
    for (const one of postProcessors) yield JSON.stringify({ builders: [nothing], 'post-processors': [filled(one)] });
    yield JSON.stringify({
      [text]: text,
      min_packer_version: text,
      variables: { [text]: null, [`${text}x`]: text },
      builders: [{ ...nothing, name: text, [text]: 1 }],
    });
  }
}

function fill(table: OptionTable, text: string): object {
  const value = (option: Option): unknown => {
    if (option.type === 'map') return { [text]: text };
    if (option.type === 'strings') return [text];
    return option.fields ? fill(option.fields, text) : text;
  };
  return Object.fromEntries(Object.entries(table).map(([name, option]) => [name, value(option)]));
}

/** Random templates, as JSON text, whose components have options that exist, with values of mostly the right type. */
export class Documents {
  readonly #random: () => number;
  readonly #words: Vocabulary;

  constructor(words: Vocabulary, random: () => number) {
    this.#words = words;
    this.#random = random;
  }

  next(): string {
    const { builders, provisioners, postProcessors } = this.#words;
    const document: Record<string, unknown> = { builders: this.#some(3, () => this.#component(builders), 1) };
    if (this.#chance(0.7)) document['provisioners'] = this.#some(4, () => this.#component(provisioners));
    if (this.#chance(0.6))
      document['post-processors'] = this.#some(3, () => {
        if (this.#chance(0.2)) return this.#pick(postProcessors)[0];
        if (this.#chance(0.2)) return this.#some(3, () => this.#component(postProcessors));
        return this.#component(postProcessors);
      });
    if (this.#chance(0.6))
      document['variables'] = Object.fromEntries(
        ['a', 'b', 'c'].map(name => [name, this.#chance(0.1) ? null : this.#text()]),
      );
    if (this.#chance(0.2)) document['sensitive-variables'] = this.#some(3, () => this.#pick(['a', 'b', 'nope', 5]));
    if (this.#chance(0.1)) document['error-cleanup-provisioner'] = this.#component(provisioners);
    if (this.#chance(0.05)) document[this.#pick(CORE)] = this.#anything(0);
    if (this.#chance(0.1)) document['min_packer_version'] = this.#text();
    if (this.#chance(0.1)) document['description'] = this.#text();
    return JSON.stringify(document, undefined, this.#pick([0, 1, 2, '\t']));
  }

  #component(types: readonly (readonly [string, OptionTable])[]): unknown {
    if (this.#chance(0.02)) return this.#anything(0);
    const [type, table] = this.#pick(types);
    const component: Record<string, unknown> = Object.create(null);
    component['type'] = this.#chance(0.03) ? this.#text() : type;
    for (const [name, option] of Object.entries(table))
      if (option.required ? this.#chance(0.8) : this.#chance(0.08)) component[name] = this.#value(option, 0);
    if (this.#chance(0.2)) component[this.#pick(CORE)] = this.#anything(0);
    if (this.#chance(0.2)) component['communicator'] = this.#pick(['none', 'ssh', 'winrm', 'x']);
    return component;
  }

  #value(option: Option, depth: number): unknown {
    if (this.#chance(0.12) || depth > 4) return this.#anything(depth);
    const allowed = option.allowed ?? [];
    const text = (): unknown => (allowed.length > 0 && this.#chance(0.6) ? this.#pick(allowed) : this.#text());
    switch (option.type) {
      case 'boolean':
      case 'tri':
        return this.#chance(0.7) ? this.#chance(0.5) : this.#text();
      case 'integer':
      case 'number':
        return this.#chance(0.7) ? this.#pick(NUMBERS) : this.#text();
      case 'strings':
        return this.#chance(0.8) ? this.#some(3, text) : text();
      case 'integers':
        return this.#some(3, () => this.#pick(NUMBERS));
      case 'string-lists':
        return this.#some(3, () => this.#some(3, text));
      case 'map':
        return this.#map(text);
      case 'block':
        return this.#block(option, depth);
      case 'blocks':
        return this.#some(3, () => this.#block(option, depth));
      case 'block-map':
        return this.#map(() => this.#block(option, depth));
      case 'any':
        return this.#anything(depth);
      default:
        return text();
    }
  }

  #block(option: Option, depth: number): unknown {
    const fields = Object.entries(option.fields ?? {}).filter(() => this.#chance(0.4));
    return Object.fromEntries(fields.map(([name, field]) => [name, this.#value(field, depth + 1)]));
  }

  #map(value: () => unknown): unknown {
    return Object.fromEntries(this.#some(3, () => [String(this.#text()).slice(0, 40), value()]));
  }

  #anything(depth: number): unknown {
    const kind = this.#random();
    if (kind < 0.2 && depth < 5) return this.#map(() => this.#anything(depth + 1));
    if (kind < 0.4 && depth < 5) return this.#some(3, () => this.#anything(depth + 1));
    if (kind < 0.7) return this.#text();
    return this.#pick([...NUMBERS, true, false, null]);
  }

  #text(): string {
    if (this.#chance(0.002)) return this.#pick(LONG);
    return this.#chance(0.05) ? this.#pick(TEXTS) + this.#pick(TEXTS) : this.#pick(TEXTS);
  }

  #some<T>(most: number, make: () => T, least = 0): T[] {
    return Array.from({ length: least + Math.floor(this.#random() * (most + 1 - least)) }, make);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}
