/** A small seeded generator (mulberry32), so that a failure can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  "'",
  '\\',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '//',
  '/*',
  '*/',
  '#',
  '-',
  '+',
  '.',
  '0',
  '1e999',
  '0x1f',
  'null',
  'true',
  'True',
  'NaN',
  '{{',
  '}}',
  '`',
  '=',
  ';',
  '\u0000',
  '\u00a0',
  '\u2028',
  '😀',
  '\ud800',
  '\\u12',
  '\\ud800',
  '"a":',
  '"type":',
  '"name": "x"',
  '"override": {}',
  '"only": ["a"]',
  '<<<<<<< HEAD\n',
  '"builders": [',
  '"variables": {"x": "{{user `x`}}"}',
];

/** A text with one to four things changed: pieces put in, cut out, doubled or swapped, or the end lost. */
export function mutate(text: string, random: () => number): string {
  let result = text;
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--) {
    const at = Math.floor(random() * (result.length + 1));
    const length = Math.floor(random() ** 4 * 60);
    const piece = PIECES[Math.floor(random() * PIECES.length)] ?? '';
    switch (Math.floor(random() * 6)) {
      case 0:
        result = result.slice(0, at) + piece + result.slice(at);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(at + 1 + length);
        break;
      case 2:
        result = result.slice(0, at + length) + result.slice(at);
        break;
      case 3:
        result = result.slice(0, at) + piece + result.slice(at + 1);
        break;
      case 4:
        if (random() < 0.2) result = result.slice(0, at);
        break;
      default:
        result = result.replace(/"[a-z_-]+"(?=:)/, () => `"${piece.replace(/["\\\n\r]/g, '')}"`);
    }
  }
  return result;
}

const KEYS = [
  'builders',
  'provisioners',
  'post-processors',
  'error-cleanup-provisioner',
  'variables',
  'sensitive-variables',
  'description',
  'type',
  'name',
  'min_packer_version',
  'push',
  'comments',
  '_c',
  'only',
  'except',
  'override',
  'pause_before',
  'max_retries',
  'timeout',
  'keep_input_artifact',
  'inline',
  '__proto__',
  'constructor',
  'Builders',
  'source',
  'iso_md5',
  'ssh_private_ip',
  'disk_size',
  'tag',
  'environment_vars',
  'x',
  '',
];
const STRINGS = [
  '',
  'shell',
  'amazon-ebs',
  'null',
  'vsphere-iso',
  'docker-tag',
  '{{user `x`}}',
  '{{',
  '5s',
  '1.2',
  'x',
  '\ud800',
  'é😀',
  '99',
];

/** A random document made of the words of templates, as valid JSON. */
export function randomDocument(random: () => number, depth = 0): unknown {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const kind = random();
  if (depth === 0 || (kind < 0.35 && depth < 6)) {
    const object: Record<string, unknown> = Object.create(null);
    for (let count = Math.floor(random() * 7); count > 0; count--)
      object[pick(KEYS) ?? ''] = randomDocument(random, depth + 1);
    return object;
  }
  if (kind < 0.6 && depth < 6)
    return Array.from({ length: Math.floor(random() * 4) }, () => randomDocument(random, depth + 1));
  if (kind < 0.85) return pick(STRINGS);
  return pick([null, true, false, 0, 1, -1.5, 1e21, 5e9]);
}
