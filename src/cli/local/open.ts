import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LocalEndpoint } from '../../sdk/plugin.ts';

/** An embedded EC2 at hand: started for this command, or one that `kiln local up` keeps running. */
export interface OpenedLocalEc2 {
  readonly account: LocalEndpoint;
  /** Folder of the store: state, AMIs, credentials. */
  readonly storeDir: string;
  close(): Promise<void>;
}

interface OpenOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly faults: string | undefined;
  notice(text: string): void;
}

/** `$XDG_DATA_HOME/kiln/local-ec2`, where the embedded EC2 keeps its state and images. */
export function localStoreDir(env: Readonly<Record<string, string | undefined>>): string {
  const data = env['XDG_DATA_HOME'];
  return join(data?.startsWith('/') ? data : join(homedir(), '.local', 'share'), 'kiln', 'local-ec2');
}

/** Uses the running embedded EC2 of this store, or starts one for as long as the command lasts. Throws KilnError. */
export async function openLocalEc2({ env, faults, notice }: OpenOptions): Promise<OpenedLocalEc2> {
  const { startLocalEc2, findRunningLocalEc2 } = await import('../../local-ec2/index.ts');
  const storeDir = localStoreDir(env);
  const running = faults === undefined ? await findRunningLocalEc2(storeDir) : undefined;
  if (running) return { account: account(running), storeDir, close: async () => {} };
  const { loadFaultPlan } = await import('../../local-ec2/faults/index.ts');
  const plan = faults === undefined ? undefined : await loadFaultPlan(faults);
  const server = await startLocalEc2({
    storeDir,
    machines: 'namespaces',
    onNotice: notice,
    ...(plan && { faults: plan }),
  });
  return { account: account(server), storeDir, close: () => server.close() };
}

function account(server: {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}): LocalEndpoint {
  return { endpoint: server.endpoint, ...server.credentials };
}
