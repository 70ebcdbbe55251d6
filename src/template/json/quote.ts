/** Longer texts are shortened in messages. */
const LONGEST = 60;

/** Text of the user's in a message: in double quotes, line breaks and control characters escaped, shortened in the middle. */
export function quoted(text: string): string {
  return JSON.stringify(cut(text)).replace(/[\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}

/** The same without quotes, for what is no string in the source. */
export function shown(text: string): string {
  return cut(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}

function cut(text: string): string {
  const half = LONGEST / 2;
  return text.length <= LONGEST ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}
