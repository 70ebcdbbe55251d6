import { dataSource } from '../../../sdk/data-source.ts';
import { KilnError, messageOf } from '../../../sdk/errors.ts';
import { type OptionsOf, option } from '../../../sdk/options.ts';
import { type Answer, request } from './request.ts';

const options = {
  url: option.string({ note: 'What to ask for: an http or https address.', required: true }),
  method: option.string({
    note: 'HTTP method.',
    default: 'GET',
    allowed: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'],
  }),
  request_headers: option.map({ note: 'Headers to send.' }),
  request_body: option.string({ note: 'Body to send.' }),
} as const;

/** Asks a web server. Any answer but success (2xx) is a failure. */
export const httpDataSource = dataSource<OptionsOf<typeof options>>({
  type: 'http',
  schema: { options },
  // The headers of the answer, under the name that Packer gives them.
  outputs: { url: 'string', body: 'string', request_headers: 'string-map' },
  check: ({ url }, report) => {
    if (url !== undefined && url !== '' && !webAddress(url))
      report(['url'], 'bad-value', `"${url}" is not an http or https address`, 'write it as https://HOST/PATH');
  },
  read: async ({ url, method = 'GET', request_headers = {}, request_body }) => {
    const address = webAddress(url);
    if (!address) throw new KilnError(`"${url}" is not an http or https address`);
    const answer = await ask(address, method, request_headers, request_body);
    if (answer.status < 200 || answer.status > 299)
      throw new KilnError(`${method} ${url} was answered with HTTP status ${answer.status}`, {
        hint: 'check the address, and request_headers if it wants credentials',
      });
    return { url, body: answer.body, request_headers: answer.headers };
  },
});

function webAddress(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}

async function ask(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Promise<Answer> {
  try {
    return await request({ url, method, headers, body });
  } catch (error) {
    throw new KilnError(`${url.href} could not be read: ${messageOf(error)}`, { cause: error });
  }
}
