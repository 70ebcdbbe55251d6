/** Longer texts are shortened in messages. */
const LONGEST = 60;

/** Text of the user's in a message: in double quotes, shortened in the middle, line breaks and control characters escaped. */
export function quoted(text: string): string {
  return JSON.stringify(shortened(text)).replace(/[\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}

/** The text itself if it is short, else its beginning and end. */
export function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const half = LONGEST / 2;
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}
