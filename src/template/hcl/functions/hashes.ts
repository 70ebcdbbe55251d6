import { messageOf } from '../../../sdk/errors.ts';
import { STRING } from '../values/types.ts';
import { string, type Value } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { define, num, text, textAt, wholeAt } from './define.ts';
import { utf8 } from './encoding.ts';

const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

const digest = (algorithm: string): HclFunction =>
  define([text('str')], STRING, args => string(crypto().createHash(algorithm).update(textAt(args, 0)).digest('hex')));

/** The well-known name spaces of RFC 4122. */
const NAMESPACES: Readonly<Record<string, string>> = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
};

function nameBasedUuid(args: readonly Value[]): Value {
  const given = textAt(args, 0);
  const namespace = (NAMESPACES[given] ?? given).replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(namespace))
    throw new FunctionError(`"${given}" is not a name space`, 0, 'write dns, url, oid, x500 or a UUID');
  const bytes = crypto().createHash('sha1').update(Buffer.from(namespace, 'hex')).update(textAt(args, 1)).digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = bytes.toString('hex');
  return string(
    [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join(
      '-',
    ),
  );
}

function rsaDecrypt(args: readonly Value[]): Value {
  const { createPrivateKey, privateDecrypt, constants } = crypto();
  const cipher = Buffer.from(textAt(args, 0), 'base64');
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(textAt(args, 1));
  } catch (error) {
    throw new FunctionError(
      `the private key cannot be read: ${messageOf(error)}`,
      1,
      'give an RSA key in PEM form without a passphrase',
    );
  }
  if (key.asymmetricKeyType !== 'rsa') throw new FunctionError('the private key is not an RSA key', 1);
  let block: Buffer;
  try {
    // Node refuses this padding itself where it could give a timing oracle to others; here nobody else asks.
    block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, cipher);
  } catch {
    throw new FunctionError('the text cannot be decrypted with this key', 0);
  }
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || end < 10)
    throw new FunctionError('the text was not encrypted for this key', 0);
  return string(utf8(block.subarray(end + 1), 0, 'the decrypted text'));
}

export function hashFunctions({ libraries }: FunctionContext): Readonly<Record<string, HclFunction>> {
  return {
    bcrypt: define([text('str'), num('cost', { optional: true })], STRING, args => {
      const cost = args.length > 1 ? wholeAt(args, 1) : 10;
      if (cost < 4 || cost > 31) throw new FunctionError('the cost must lie between 4 and 31', 1);
      if (Buffer.byteLength(textAt(args, 0)) > 72)
        throw new FunctionError('the text is longer than 72 bytes, all that bcrypt can hash', 0);
      if (!libraries.bcrypt) throw new FunctionError('bcrypt is not loaded');
      return string(libraries.bcrypt.hashSync(textAt(args, 0), cost).replace(/^\$2b\$/, '$2a$'));
    }),
    md5: digest('md5'),
    rsadecrypt: define([text('ciphertext'), text('privatekey')], STRING, rsaDecrypt),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    sha512: digest('sha512'),
    uuidv4: define([], STRING, () => string(crypto().randomUUID())),
    uuidv5: define([text('namespace'), text('name')], STRING, nameBasedUuid),
  };
}
