/** Actions on key pairs. */
import { makeKeyPair, readPublicKey } from '../keys.ts';
import { ApiError, invalidParameter, missingParameter } from '../protocol/errors.ts';
import { blob, boolean, filters, list, oneOf, required, string, tagSpecifications } from '../protocol/params.ts';
import { newId } from '../store/ids.ts';
import type { KeyPairRecord } from '../store/model.ts';
import { type Action, action, type Call } from './action.ts';
import { matcher } from './filters.ts';
import { find, notFound, select } from './kinds.ts';
import { tagSet, tagsFor } from './tagging.ts';

function keyPairNamed(call: Call, name: string): KeyPairRecord | undefined {
  return Object.values(call.state.keyPairs).find(one => one.name === name);
}

/** The key pair to launch with. Throws InvalidKeyPair.NotFound. */
export function keyPairOf(call: Call, name: string): KeyPairRecord {
  const found = keyPairNamed(call, name);
  if (
    !found ||
    call.world.faults.sees(call.action, 'key-pair', found.id, found.createdAt - call.world.faults.clockOffset) !== 'yes'
  )
    throw notFound('keyPairs', name);
  return found;
}

function checkName(call: Call, name: string): void {
  if (name.length > 255 || !/^[\x20-\x7e]+$/.test(name) || name !== name.trim())
    throw invalidParameter(
      `Invalid value '${name}' for KeyName. It must be at most 255 ASCII characters, without spaces at its ends.`,
    );
  if (keyPairNamed(call, name)) throw new ApiError('InvalidKeyPair.Duplicate', `The keypair '${name}' already exists.`);
}

const createKeyPair = action(
  {
    KeyName: required(string),
    KeyType: oneOf('rsa', 'ed25519'),
    KeyFormat: oneOf('pem', 'ppk'),
    TagSpecification: tagSpecifications,
  },
  async (call, input) => {
    const type = input.KeyType ?? 'rsa';
    if (input.KeyFormat === 'ppk')
      throw new ApiError('UnsupportedOperation', 'The embedded EC2 gives keys in the format pem only');
    const tags = tagsFor(input.TagSpecification, 'key-pair');
    checkName(call, input.KeyName);
    const made = await makeKeyPair(type);
    // Another call may have taken the name while the key was made.
    checkName(call, input.KeyName);
    const { publicKey, fingerprint } = made;
    const pair: KeyPairRecord = {
      id: newId('key'),
      tags,
      createdAt: call.world.now(),
      name: input.KeyName,
      type,
      fingerprint,
      publicKey,
    };
    call.state.keyPairs[pair.id] = pair;
    call.world.touch();
    return {
      keyName: pair.name,
      keyFingerprint: fingerprint,
      keyMaterial: made.privateKey,
      keyPairId: pair.id,
      tagSet: tagSet(pair.tags),
    };
  },
);

const importKeyPair = action(
  { KeyName: required(string), PublicKeyMaterial: required(blob), TagSpecification: tagSpecifications },
  (call, input) => {
    const tags = tagsFor(input.TagSpecification, 'key-pair');
    checkName(call, input.KeyName);
    const pair: KeyPairRecord = {
      id: newId('key'),
      tags,
      createdAt: call.world.now(),
      name: input.KeyName,
      ...readPublicKey(input.PublicKeyMaterial),
    };
    call.state.keyPairs[pair.id] = pair;
    call.world.touch();
    return { keyName: pair.name, keyFingerprint: pair.fingerprint, keyPairId: pair.id, tagSet: tagSet(pair.tags) };
  },
);

const describeKeyPairs = action(
  { KeyName: list(string), KeyPairId: list(string), Filter: filters, IncludePublicKey: boolean },
  (call, input) => {
    const named = input.KeyName.map(name => keyPairOf(call, name).id);
    const byFilter = matcher<KeyPairRecord>(input.Filter, {
      'key-pair-id': one => one.id,
      fingerprint: one => one.fingerprint,
      'key-name': one => one.name,
    });
    const found = select(call, 'keyPairs', [...named, ...input.KeyPairId], byFilter);
    return {
      keySet: found.map(one => ({
        keyPairId: one.id,
        keyName: one.name,
        keyFingerprint: one.fingerprint,
        keyType: one.type,
        tagSet: tagSet(one.tags),
        createTime: new Date(one.createdAt),
        publicKey: input.IncludePublicKey ? `${one.publicKey} ${one.name}` : undefined,
      })),
    };
  },
);

/** Deleting a key pair that is not there succeeds, as in EC2. */
const deleteKeyPair = action({ KeyName: string, KeyPairId: string }, (call, input) => {
  if (!input.KeyName && !input.KeyPairId) throw missingParameter('KeyName');
  const pair = input.KeyPairId ? find(call, 'keyPairs', input.KeyPairId) : keyPairNamed(call, input.KeyName ?? '');
  if (pair) {
    delete call.state.keyPairs[pair.id];
    call.world.touch();
  }
  return { return: true, keyPairId: pair?.id };
});

export const keyPairActions: Readonly<Record<string, Action>> = {
  CreateKeyPair: createKeyPair,
  ImportKeyPair: importKeyPair,
  DescribeKeyPairs: describeKeyPairs,
  DeleteKeyPair: deleteKeyPair,
};
