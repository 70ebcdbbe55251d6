import type { Client } from 'ssh2';
import { readString } from './key-files.ts';
import { type ParsedKey, parsePrivateKey, sshString } from './private-key.ts';
import type { LoginKey } from './settings.ts';

/** The key to hand to ssh2. With a certificate it shows itself under the certificate's algorithm and blob. */
export function authenticationKey(login: LoginKey): ParsedKey {
  const key = parsePrivateKey(login.text);
  if (!login.certificate) return key;
  const { type, blob } = login.certificate;
  const rsa = type.startsWith('ssh-rsa-');
  return Object.create(key, {
    // An RSA certificate is used with a SHA-2 signature: SHA-1 ones are refused since OpenSSH 8.8.
    type: { value: rsa ? 'rsa-sha2-512-cert-v01@openssh.com' : type },
    getPublicSSH: { value: () => blob },
    sign: { value: (data: Buffer) => wireSignature(key, key.sign(data, rsa ? 'sha512' : undefined)) },
  }) as ParsedKey;
}

/** The parts of ssh2 1.17's protocol object that certificates need. */
interface Protocol {
  authPK(username: string, key: ParsedKey, algorithm?: string, sign?: Sign): void;
  readonly _packetRW: { readonly write: PacketWriter };
}
interface PacketWriter {
  readonly allocStart: number;
  alloc(size: number): Buffer;
  finalize(packet: Buffer, force?: boolean): Buffer;
}
type Sign = (data: Buffer, done: (signature: Buffer) => void) => void;

const SUFFIX = '-cert-v01@openssh.com';

/**
 * ssh2 knows no certificates: it would name the signature's format after the certificate, where servers want the plain
 * key's. This replaces that one packet of the login. To be called right after `client.connect`.
 */
export function signCertificates(client: Client): void {
  const protocol = (client as unknown as { readonly _protocol: Protocol })._protocol;
  const authenticate = protocol.authPK.bind(protocol);
  protocol.authPK = (username, key, algorithm, sign) => {
    if (!sign || !key.type.endsWith(SUFFIX)) return authenticate(username, key, algorithm, sign);
    authenticate(username, key, algorithm, (data, done) =>
      sign(data, signature => {
        const session = readString(data, 0);
        const request = data.subarray(4 + (session?.length ?? 0));
        const format = sshString(key.type.slice(0, -SUFFIX.length));
        const payload = Buffer.concat([request, sshString(Buffer.concat([format, sshString(signature)]))]);
        const writer = protocol._packetRW.write;
        const finalize = writer.finalize;
        writer.finalize = (_packet, force) => {
          const packet = writer.alloc(payload.length);
          payload.copy(packet, writer.allocStart);
          return finalize.call(writer, packet, force);
        };
        try {
          done(signature);
        } finally {
          writer.finalize = finalize;
        }
      }),
    );
  };
}

/** ECDSA signatures come from OpenSSL as ASN.1 SEQUENCE { r, s }; on the wire they are two length-prefixed numbers. */
function wireSignature(key: ParsedKey, signature: Buffer | Error): Buffer | Error {
  if (signature instanceof Error || !key.type.startsWith('ecdsa-')) return signature;
  let at = (signature[1] ?? 0) & 0x80 ? 3 : 2;
  const integer = (): Buffer => {
    const length = signature[at + 1] ?? 0;
    const value = signature.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    return sshString(value);
  };
  return Buffer.concat([integer(), integer()]);
}
