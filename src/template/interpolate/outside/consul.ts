import { describeFileError } from '../../../sdk/errors.ts';
import { get, type Request, urlOf } from './http.ts';

type Env = Readonly<Record<string, string | undefined>>;

const TIMEOUT = 30_000;

/** Settings as Consul's own clients read them (CONSUL_* variables); by default the agent on this machine. */
async function request(key: string, env: Env): Promise<Request> {
  const given = env.CONSUL_HTTP_ADDR || '127.0.0.1:8500';
  const secure = /^(1|t|true)$/i.test(env.CONSUL_HTTP_SSL ?? '');
  const socketPath = given.startsWith('unix://') ? given.slice('unix://'.length) : undefined;
  const base = socketPath
    ? 'http://localhost'
    : /^https?:\/\//.test(given)
      ? given
      : `${secure ? 'https' : 'http'}://${given}`;
  const path = `/v1/kv/${key.split('/').map(encodeURIComponent).join('/')}`;
  const url = urlOf(`${base.replace(/\/+$/, '')}${path}`, 'CONSUL_HTTP_ADDR');
  if (env.CONSUL_NAMESPACE) url.searchParams.set('ns', env.CONSUL_NAMESPACE);
  const token = env.CONSUL_HTTP_TOKEN || (await tokenFile(env.CONSUL_HTTP_TOKEN_FILE));
  const auth = env.CONSUL_HTTP_AUTH ? `Basic ${Buffer.from(env.CONSUL_HTTP_AUTH).toString('base64')}` : undefined;
  return {
    who: 'consul',
    addressFrom: 'CONSUL_HTTP_ADDR',
    url,
    socketPath,
    timeout: TIMEOUT,
    headers: { ...(token && { 'X-Consul-Token': token }), ...(auth && { Authorization: auth }) },
    tls: {
      caFile: env.CONSUL_CACERT,
      certFile: env.CONSUL_CLIENT_CERT,
      keyFile: env.CONSUL_CLIENT_KEY,
      serverName: env.CONSUL_TLS_SERVER_NAME,
      skipVerify: /^(0|f|false)$/i.test(env.CONSUL_HTTP_SSL_VERIFY ?? ''),
    },
  };
}

async function tokenFile(path: string | undefined): Promise<string> {
  if (!path) return '';
  const { readFile } = await import('node:fs/promises');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new Error(`CONSUL_HTTP_TOKEN_FILE: ${describeFileError(path, error)}`, { cause: error });
  }
}

/** The value of a key in Consul's key-value store. Throws an error that says why there is none. */
export async function readConsulKey(key: string, env: Env): Promise<string> {
  const { status, body } = await get(await request(key, env));
  if (status === 404) throw new Error(`consul has no key "${key}"`);
  if (status === 401 || status === 403)
    throw new Error(`consul refused to read "${key}": CONSUL_HTTP_TOKEN is missing or lacks the right`);
  if (status !== 200) throw new Error(`consul answered with status ${status} when asked for "${key}"`);
  const value = decodedValue(body);
  if (value === '') throw new Error(`consul's key "${key}" is empty`);
  return value;
}

function decodedValue(body: string): string {
  try {
    const entries: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(entries) ? entries[0] : undefined;
    const coded = typeof first === 'object' && first !== null && 'Value' in first ? first.Value : undefined;
    return typeof coded === 'string' ? Buffer.from(coded, 'base64').toString('utf8') : '';
  } catch (error) {
    throw new Error("consul's answer was not understood; is CONSUL_HTTP_ADDR right?", { cause: error });
  }
}
