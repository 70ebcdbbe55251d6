import { KilnError, messageOf } from '../sdk/errors.ts';

/** What an instance knows about itself (EC2 user guide, "instance identity documents"). */
export interface InstanceIdentity {
  readonly instanceId: string;
  readonly region: string;
  readonly availabilityZone: string;
}

/** The metadata service's link-local address, and how long it may take to answer, in milliseconds. */
const ENDPOINT = 'http://169.254.169.254';
const PATIENCE = 5000;

/**
 * The identity of the instance this process runs on, by the metadata service (IMDSv2, else v1). The variable the SDKs
 * know, AWS_EC2_METADATA_SERVICE_ENDPOINT, moves it. Throws KilnError when there is none to ask.
 */
export async function instanceIdentity(signal: AbortSignal): Promise<InstanceIdentity> {
  const base = (process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || ENDPOINT).replace(/\/$/, '');
  const ask = async (path: string, init: RequestInit): Promise<string | undefined> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    const answer = await fetch(`${base}/latest/${path}`, { ...init, signal: limit });
    return answer.ok ? answer.text() : undefined;
  };
  let text: string | undefined;
  try {
    const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' };
    const token = await ask('api/token', { method: 'PUT', headers });
    text = await ask('dynamic/instance-identity/document', {
      headers: token ? { 'X-aws-ec2-metadata-token': token } : {},
    });
  } catch (error) {
    signal.throwIfAborted();
    throw nowhere(base, messageOf(error), error);
  }
  const document = parsed(text);
  if (!document?.instanceId || !document.region) throw nowhere(base, 'it gave no instance identity document');
  return {
    instanceId: document.instanceId,
    region: document.region,
    availabilityZone: document.availabilityZone ?? '',
  };
}

function parsed(text: string | undefined): Partial<InstanceIdentity> | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Partial<InstanceIdentity>);
  } catch {
    return undefined;
  }
}

function nowhere(base: string, reason: string, cause?: unknown): KilnError {
  return new KilnError(`this machine does not seem to be an EC2 instance: the metadata service at ${base}: ${reason}`, {
    hint: 'run this build on an instance in the region of the image, or try it here with --local (as root)',
    code: 'not-an-instance',
    cause,
  });
}
