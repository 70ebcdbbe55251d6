import { get, urlOf } from './http.ts';

type Env = Readonly<Record<string, string | undefined>>;

const TIMEOUT = 60_000;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key of a secret in Vault: version 2 of the store (nested `data`) first, then version 1. Throws an error that says why not. */
export async function readVault(path: string, key: string, env: Env): Promise<string> {
  const token = env.VAULT_TOKEN;
  if (!token) throw new Error('VAULT_TOKEN is not set, so vault cannot be asked');
  const base = (env.VAULT_ADDR || 'https://127.0.0.1:8200').replace(/\/+$/, '');
  if (!/^https?:\/\//.test(base)) throw new Error(`VAULT_ADDR must begin with http:// or https://, it is "${base}"`);
  const seconds = Number(/^(\d+)s?$/.exec(env.VAULT_CLIENT_TIMEOUT ?? '')?.[1] ?? 0);
  const { status, body } = await get({
    who: 'vault',
    addressFrom: 'VAULT_ADDR',
    url: urlOf(`${base}/v1/${path.replace(/^\/+/, '').split('/').map(encodeURIComponent).join('/')}`, 'VAULT_ADDR'),
    timeout: seconds * 1000 || TIMEOUT,
    headers: {
      'X-Vault-Token': token,
      'X-Vault-Request': 'true',
      ...(env.VAULT_NAMESPACE && { 'X-Vault-Namespace': env.VAULT_NAMESPACE }),
    },
    tls: {
      caFile: env.VAULT_CACERT,
      certFile: env.VAULT_CLIENT_CERT,
      keyFile: env.VAULT_CLIENT_KEY,
      serverName: env.VAULT_TLS_SERVER_NAME,
      skipVerify: /^(1|t|true)$/i.test(env.VAULT_SKIP_VERIFY ?? ''),
    },
  });
  if (status === 404)
    throw new Error(`vault has no secret at "${path}"; with version 2 of the store the path contains /data/`);
  if (status === 401 || status === 403)
    throw new Error(`vault refused to read "${path}": VAULT_TOKEN is wrong or lacks the right`);
  if (status !== 200) throw new Error(`vault answered with status ${status} when asked for "${path}"`);
  return memberOf(body, path, key);
}

function memberOf(body: string, path: string, key: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch (error) {
    throw new Error("vault's answer was not understood; is VAULT_ADDR right?", { cause: error });
  }
  const data = isObject(answer) ? answer.data : undefined;
  const nested = isObject(data) ? data.data : undefined;
  for (const members of [nested, data]) {
    if (!isObject(members) || !Object.hasOwn(members, key)) continue;
    const value = members[key];
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new Error(`the key "${key}" of vault's secret at "${path}" holds no text`);
  }
  const found = isObject(nested) ? nested : isObject(data) ? data : {};
  // Only names are shown, never values.
  const names = Object.keys(found).sort().join(', ');
  throw new Error(`vault's secret at "${path}" has no key "${key}"${names === '' ? '' : `; it has ${names}`}`);
}
