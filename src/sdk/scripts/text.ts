/** Bytes with LF line ends, and one at the end: what a Unix shell needs of a script written on Windows. */
export function unixLines(text: Buffer): Buffer {
  if (text.length === 0) return text;
  // latin1 keeps every byte as it is.
  const lines = text.toString('latin1').replace(/\r\n/g, '\n').replace(/\r$/, '');
  return Buffer.from(lines.endsWith('\n') ? lines : `${lines}\n`, 'latin1');
}
