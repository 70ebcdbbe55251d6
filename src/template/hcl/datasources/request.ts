export interface Question {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** By name in the usual spelling (Content-Type); several of one name are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
}

/** Longest answer that is read, in bytes. */
const LARGEST = 64 * 1024 * 1024;
/** Milliseconds without an answer. */
const PATIENCE = 30_000;
/** As many redirections as Go's client follows. */
const REDIRECTIONS = 10;

/** Sends an HTTP request and follows redirections. Throws an error that says why there was no answer. */
export async function request(question: Question): Promise<Answer> {
  let asked = question;
  for (let count = 0; ; count++) {
    const answer = await send(asked);
    const target = answer.headers['Location'];
    if (![301, 302, 303, 307, 308].includes(answer.status) || !target) return answer;
    if (count >= REDIRECTIONS) throw new Error(`it was redirected more than ${REDIRECTIONS} times`);
    asked = redirected(asked, answer.status, new URL(target, asked.url));
  }
}

function redirected(from: Question, status: number, url: URL): Question {
  const keepsMethod = status === 307 || status === 308;
  const sameHost = url.host === from.url.host;
  const headers = Object.entries(from.headers).filter(([name]) => sameHost || !/^(authorization|cookie)$/i.test(name));
  return {
    url,
    method: keepsMethod || from.method === 'HEAD' ? from.method : 'GET',
    headers: Object.fromEntries(headers),
    body: keepsMethod ? from.body : undefined,
  };
}

async function send({ url, method, headers, body }: Question): Promise<Answer> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`it was redirected to ${url.href}`);
  const { request: start } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return await new Promise<Answer>((resolve, reject) => {
    // No connection outlives the request: nothing shall keep the process alive.
    const call = start(url, { method, headers, agent: false, timeout: PATIENCE }, response => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LARGEST) call.destroy(new Error(`the answer is larger than ${LARGEST / 1024 / 1024} MiB`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          headers: joined(response.rawHeaders),
        }),
      );
    });
    call.on('timeout', () => call.destroy(new Error(`it did not answer within ${PATIENCE / 1000} s`)));
    call.on('error', reject);
    call.end(body);
  });
}

function joined(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase().replace(/(^|-)[a-z]/g, letter => letter.toUpperCase());
    const value = raw[index + 1] ?? '';
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
