import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sleep } from '../../sdk/async.ts';
import { describeFileError, KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws, Ec2 } from '../client/index.ts';
import { keyPairsOf } from '../find-created.ts';
import type { Ec2CommunicatorOptions } from '../options/index.ts';
import { AwsError, certainlyNotCreated } from '../policy/aws-error.ts';
import { expandHome } from '../rules/communicator.ts';
import { runTag, tagSpecs } from '../tags.ts';
import { undoSaying } from '../undo.ts';
import { timeOrderedUuid } from './names.ts';

/** The key pair the instance is launched with, and the private key that kiln knows itself. */
export interface KeyPair {
  /** Name of the key pair at EC2; undefined: none is attached. */
  readonly name?: string | undefined;
  /** Private key text; undefined: the agent or a password logs in. */
  readonly privateKey?: string | undefined;
  readonly owned?: Owned<string>;
}

/** Times CreateKeyPair is tried after its answer was lost: the private key is in the answer only. */
const TRIES = 4;

/** By the options: the user's own key, the agent's, none, or a temporary key pair (reference: step 4). */
export async function prepareKeyPair(
  run: RunContext,
  aws: Aws,
  options: Ec2CommunicatorOptions,
  tags: Readonly<Record<string, string>>,
): Promise<KeyPair> {
  if (options.ssh_private_key_file) {
    run.ui.say('Using existing SSH private key');
    return { name: options.ssh_keypair_name || undefined, privateKey: await readKey(options.ssh_private_key_file) };
  }
  if (options.ssh_agent_auth) {
    run.ui.say(
      options.ssh_keypair_name
        ? `Using the SSH agent with key pair ${options.ssh_keypair_name}`
        : 'Using the SSH agent',
    );
    return { name: options.ssh_keypair_name || undefined };
  }
  const name = temporaryName(options);
  return name === undefined ? {} : temporaryKeyPair(run, aws, name, keyType(options), tags);
}

/** The name of the temporary key pair; undefined when none is to be made. */
function temporaryName(options: Ec2CommunicatorOptions): string | undefined {
  if (options.temporary_key_pair_name) return options.temporary_key_pair_name;
  if (options.ssh_keypair_name || options.ssh_password || options.communicator === 'none') return undefined;
  return `packer_${timeOrderedUuid()}`;
}

/** Windows passwords are encrypted with the key, which only RSA can do; else ed25519, the strongest EC2 has. */
function keyType(options: Ec2CommunicatorOptions): 'rsa' | 'ed25519' {
  if (options.temporary_key_pair_type === 'rsa' || options.temporary_key_pair_type === 'ed25519') {
    return options.temporary_key_pair_type;
  }
  return options.communicator === 'winrm' ? 'rsa' : 'ed25519';
}

async function temporaryKeyPair(
  run: RunContext,
  aws: Aws,
  name: string,
  type: 'rsa' | 'ed25519',
  tags: Readonly<Record<string, string>>,
): Promise<KeyPair> {
  const ec2 = aws.ec2();
  run.ui.say(`Creating temporary keypair: ${name}`);
  const debugFile = run.build.debug ? resolve(`ec2_${run.build.name}.pem`) : undefined;
  const undo = undoSaying(aws, run.ui, 'Deleting temporary keypair...');
  const tag = runTag(run.resources);
  const owned = await run.resources.acquire(
    { kind: 'ec2:key-pair', account: ec2.account, name, with: { tag } },
    async () => {
      const material = await createKeyPair(ec2, name, type, tags, tag, run.signal);
      return { id: name, value: material };
    },
    async (ref, signal) => {
      if (debugFile) await rm(debugFile, { force: true });
      await undo(ref, signal);
    },
    certainlyNotCreated,
  );
  run.secret(owned.value);
  if (debugFile) {
    await writeFile(debugFile, owned.value, { mode: 0o600 }).catch(error => {
      throw new KilnError(`the private key was not saved: ${describeFileError(debugFile, error)}`, { cause: error });
    });
    run.ui.say(`Saving the private key for debugging: ${debugFile}`);
  }
  return { name, privateKey: owned.value, owned };
}

/** A pair whose answer was lost is of no use, as its private key went with it: it is deleted and made anew. */
async function createKeyPair(
  ec2: Ec2,
  name: string,
  type: 'rsa' | 'ed25519',
  tags: Readonly<Record<string, string>>,
  tag: string,
  signal: AbortSignal,
): Promise<string> {
  let lost = false;
  for (let attempt = 1; ; attempt++) {
    try {
      const made = await ec2.createKeyPair(
        { KeyName: name, KeyType: type, TagSpecifications: tagSpecs(tags, 'key-pair') },
        signal,
      );
      if (made.KeyMaterial) return made.KeyMaterial;
      throw new KilnError(`EC2 made key pair ${name} but did not give its private key`);
    } catch (error) {
      if (!(error instanceof AwsError) || attempt >= TRIES) throw error;
      if (!error.maybeDone && !(lost && error.kind === 'duplicate')) throw error;
      lost = true;
      // A pair of that name that does not carry this run's tag is somebody else's.
      for (const KeyName of await keyPairsOf(ec2, name, tag, signal)) await ec2.deleteKeyPair({ KeyName }, signal);
      await sleep(250 * 2 ** attempt, signal);
    }
  }
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(expandHome(path), 'utf8');
  } catch (error) {
    throw new KilnError(`ssh_private_key_file: ${describeFileError(path, error)}`, { cause: error });
  }
}
