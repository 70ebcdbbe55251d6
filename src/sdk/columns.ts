/** Characters that stand on the one before them, or take no room at all. */
const NARROWEST = /[\p{Mn}\p{Me}\p{Cf}]/u;
/** Unicode's East Asian wide and full-width characters (UAX #11), by block, and emoji. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

/** The columns a text takes on a terminal: two for wide characters, none for combining ones, one for all others. */
export function columns(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let count = 0;
  for (const char of text) if (!NARROWEST.test(char)) count += WIDE.test(char) ? 2 : 1;
  return count;
}
