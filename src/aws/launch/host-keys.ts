import type { Ec2 } from '../client/index.ts';

const BEGIN = '-----BEGIN SSH HOST KEY KEYS-----';
const END = '-----END SSH HOST KEY KEYS-----';

/** The SSH host keys that cloud-init wrote to the instance's console; undefined while, or if, they cannot be had. */
export async function consoleHostKeys(
  ec2: Ec2,
  instanceId: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    const { Output } = await ec2.getConsoleOutput({ InstanceId: instanceId }, signal);
    return Output ? hostKeysIn(Buffer.from(Output, 'base64').toString('utf8')) : undefined;
  } catch {
    // Not being allowed to read the console, or reading it too early, only means not knowing the keys.
    signal.throwIfAborted();
    return undefined;
  }
}

/** Host key lines between cloud-init's marks; a line may carry a prefix of the console. */
export function hostKeysIn(text: string): readonly string[] | undefined {
  const begin = text.lastIndexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) return undefined;
  const keys = [...text.slice(begin, end).matchAll(/((?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+)/g)].map(
    match => match[1] ?? '',
  );
  return keys.length > 0 ? keys : undefined;
}
