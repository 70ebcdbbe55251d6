/** As Go maps letters: each by itself, and those that would become several stay as they are. */
export function toUpper(text: string): string {
  let result = '';
  for (const char of text) {
    const mapped = char.toUpperCase();
    result += [...mapped].length === 1 ? mapped : char;
  }
  return result;
}

/** As Go maps letters: each by itself, and to one letter. */
export function toLower(text: string): string {
  let result = '';
  for (const char of text) result += String.fromCodePoint(char.toLowerCase().codePointAt(0) ?? 0);
  return result;
}
