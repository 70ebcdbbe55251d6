import { toBytes } from './bytes.ts';

const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
};

/** Go's HTMLEscapeString. */
export function escapeHtml(text: string): string {
  return text.replace(/["'&<>\0]/g, char => HTML[char] ?? char);
}

const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

/** Go's JSEscapeString: safe inside a JavaScript string. */
export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=]|[\x00-\x1f]|[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cs} \x00-\x7f]/gu, char => {
    const known = JS[char];
    if (known !== undefined) return known;
    const code = char.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Go's url.QueryEscape: form encoding, by bytes. */
export function escapeQuery(text: string): string {
  if (/^[A-Za-z0-9\-_.~]*$/.test(text)) return text;
  const parts: string[] = [];
  for (const byte of toBytes(text)) {
    const char = String.fromCharCode(byte);
    if (char === ' ') parts.push('+');
    else if (/[A-Za-z0-9\-_.~]/.test(char)) parts.push(char);
    else parts.push(`%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
  }
  return parts.join('');
}
