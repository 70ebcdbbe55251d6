/** Depth of documents inside documents that are looked into; real user data have one or two. */
const DEEPEST = 5;

/** The parts of a MIME document (RFC 2046), decoded, inner documents unfolded; the text itself when it is none. */
export function documentParts(text: Buffer, depth = 0): Buffer[] {
  const { headers, body } = split(text);
  const boundary = /\bboundary="?([^";\r\n]+)"?/i.exec(headers.get('content-type') ?? '')?.[1];
  const isMultipart = /^multipart\//i.test(headers.get('content-type') ?? '');
  if (!isMultipart || boundary === undefined || depth >= DEEPEST)
    return depth === 0 ? [text] : [decoded(headers, body)];
  return between(body, `--${boundary}`).flatMap(part => documentParts(headless(part), depth + 1));
}

/** A part without headers begins with an empty line. */
function headless(part: Buffer): Buffer {
  const empty = /^\r?\n/.exec(part.toString('latin1', 0, 2))?.[0] ?? '';
  return part.subarray(empty.length);
}

function split(text: Buffer): { readonly headers: ReadonlyMap<string, string>; readonly body: Buffer } {
  const match = /\r?\n\r?\n/.exec(text.toString('latin1'));
  const head = match ? text.toString('latin1', 0, match.index) : '';
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const header = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (header) headers.set((header[1] ?? '').toLowerCase(), header[2] ?? '');
  }
  const isDocument = headers.size > 0 && lines.every(line => line === '' || /^([A-Za-z-]+):/.test(line));
  if (match && isDocument) return { headers, body: text.subarray(match.index + match[0].length) };
  return { headers: new Map(), body: text };
}

/** What stands between delimiter lines; text before the first and after the closing one does not count. */
function between(body: Buffer, delimiter: string): Buffer[] {
  const parts: Buffer[] = [];
  let start: number | undefined;
  for (let at = 0; at <= body.length; ) {
    const end = body.indexOf('\n', at);
    const next = end < 0 ? body.length + 1 : end + 1;
    const line = body.toString('latin1', at, end < 0 ? body.length : end).trimEnd();
    if (line === delimiter || line === `${delimiter}--`) {
      // The line end before a delimiter belongs to the delimiter.
      if (start !== undefined) parts.push(body.subarray(start, Math.max(start, at - 1)));
      start = next;
      if (line !== delimiter) break;
    }
    at = next;
  }
  return parts;
}

function decoded(headers: ReadonlyMap<string, string>, body: Buffer): Buffer {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase();
  return encoding === 'base64' ? Buffer.from(body.toString('latin1'), 'base64') : body;
}
