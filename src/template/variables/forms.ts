/** Forms and single lines shorter than this would mask half of any output; only the whole value may be shorter. */
const SHORTEST_FORM = 3;
/** Longer values are looked for as they are, line by line, but not encoded: nobody prints them so. */
const LONGEST_ENCODED = 1 << 18;
/** Lengths at which base64 tools wrap their lines: RFC 2045 and PEM. */
const BASE64_LINES = [76, 64];

function base64Forms(bytes: Buffer): string[] {
  const forms: string[] = [];
  const add = (text: string): void => {
    const safe = text.replaceAll('+', '-').replaceAll('/', '_');
    forms.push(text, safe, text.replace(/=+$/, ''), safe.replace(/=+$/, ''));
  };
  // On its own, and as `echo` would pipe it.
  for (const whole of [bytes, Buffer.concat([bytes, Buffer.from('\n')])]) {
    const text = whole.toString('base64');
    add(text);
    for (const width of BASE64_LINES)
      if (text.length > width) for (let at = 0; at < text.length; at += width) add(text.slice(at, at + width));
  }
  // Inside a longer text: the characters that do not depend on what stands before and behind.
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    add(text.slice(first, last));
  }
  return forms;
}

function percentEncoded(bytes: Buffer, keep: RegExp, space: string): string {
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === ' ') text += space;
    else text += keep.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function urlForms(bytes: Buffer): string[] {
  const forms = [
    percentEncoded(bytes, /[A-Za-z0-9\-_.~]/, '%20'),
    // encodeURIComponent leaves some punctuation alone; so do most URL libraries with slashes of paths.
    percentEncoded(bytes, /[A-Za-z0-9\-_.~!'()*]/, '%20'),
    percentEncoded(bytes, /[A-Za-z0-9\-_.~/]/, '%20'),
    percentEncoded(bytes, /[A-Za-z0-9\-_.~]/, '+'),
    percentEncoded(bytes, /[A-Za-z0-9\-_.*]/, '+'),
  ];
  return [...forms, ...forms.map(form => form.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase()))];
}

/** What JSON writers escape besides what they must: Go; PHP; PowerShell; Gson; all that is not ASCII: Python. */
const JSON_ESCAPED = [/[<>&\u2028\u2029]/g, /\//g, /[<>&']/g, /[<>&'=]/g, /[\u007f-\uffff]/g, /[<>&\u007f-\uffff]/g];

function jsonForms(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const unicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const upper = (char: string): string => `\\u${unicode(char).slice(2).toUpperCase()}`;
  // .NET escapes quotes this way too.
  const dotNet = plain
    .replace(/\\([\\"])/g, (pair, char) => (char === '"' ? upper('"') : pair))
    .replace(/[<>&'+`\u007f-\uffff]/g, upper);
  const forms = JSON_ESCAPED.map(more => plain.replace(more, char => (char === '/' ? '\\/' : unicode(char))));
  // Once more: JSON inside of JSON, as logs of containers have it.
  return [plain, dotNet, ...forms, JSON.stringify(plain).slice(1, -1)];
}

function xmlForms(value: string): string[] {
  const text = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    text,
    text.replaceAll('"', '&quot;'),
    text.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    text.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    text.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  ];
}

function shellForms(value: string): string[] {
  return [
    value.replaceAll("'", `'"'"'`),
    value.replaceAll("'", `'\\''`),
    value.replace(/["\\$`]/g, char => `\\${char}`),
    value.replace(/[^A-Za-z0-9_\-.,:+/@\n]/g, char => `\\${char}`),
  ];
}

/**
 * Every form in which a program may print a sensitive value: as it is, with other line ends, without white space around,
 * line by line, base64 (also as part of a longer text), URL-encoded, JSON-escaped, in XML, quoted for a shell. No
 * duplicates; none for an empty value.
 */
export function secretForms(value: string): string[] {
  if (value === '') return [];
  const unix = value.replaceAll('\r\n', '\n');
  const derived = [unix, unix.replaceAll('\n', '\r\n'), ...unix.split('\n').map(line => line.trim()), unix.trim()];
  if (value.length <= LONGEST_ENCODED) {
    // White space around may be shown, so only what is inside of it matters, but for base64.
    for (const text of new Set([value.trim(), ...derived.map(form => form.trim())]))
      derived.push(...urlForms(Buffer.from(text, 'utf8')), ...jsonForms(text), ...xmlForms(text), ...shellForms(text));
    for (const text of new Set([value, unix, unix.trim()])) derived.push(...base64Forms(Buffer.from(text, 'utf8')));
  }
  return [...new Set([value, ...derived.filter(form => form.trim().length >= SHORTEST_FORM)])];
}
