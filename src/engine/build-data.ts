/** Names of run-time values every build has; Packer's engine-functions reference, "build_data.common". */
export const COMMON_BUILD_DATA = [
  'ID',
  'Host',
  'Port',
  'User',
  'Password',
  'ConnType',
  'PackerRunUUID',
  'PackerHTTPPort',
  'PackerHTTPIP',
  'PackerHTTPAddr',
  'SSHPublicKey',
  'SSHPrivateKey',
  'WinRMPassword',
] as const;

/** Texts Packer gives where a builder has nothing to offer; templates in the wild test for them. */
const NOT_IMPLEMENTED = {
  ID: 'ERR_ID_NOT_IMPLEMENTED_BY_BUILDER',
  PackerHTTPIP: 'ERR_HTTP_IP_NOT_IMPLEMENTED_BY_BUILDER',
  PackerHTTPPort: 'ERR_HTTP_PORT_NOT_IMPLEMENTED_BY_BUILDER',
  PackerHTTPAddr: 'ERR_HTTP_ADDR_NOT_IMPLEMENTED_BY_BUILDER',
} as const;

export type BuildData = Readonly<Record<string, string>>;

/** What `{{ .Key }}` gives while options are only being checked: a text that says where the value comes from. */
export function placeholderData(generated: readonly string[]): BuildData {
  const data: Record<string, string> = {};
  for (const key of [...COMMON_BUILD_DATA, ...generated])
    data[key] = `<${key}, known when the build runs: use {{ build \`${key}\` }}>`;
  // The one key that Packer passes on unchanged, so that run-time options can hold it.
  data['WinRMPassword'] = '{{.WinRMPassword}}';
  return data;
}

export interface ConnectionFacts {
  readonly id: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly type: string;
  readonly publicKey: string;
  readonly privateKey: string;
  readonly privateKeyFile: string;
  readonly agentAuth: boolean;
}

/** The build data of a running build: connection, run id and the machine's own values. */
export function runtimeData(runUuid: string, connection: ConnectionFacts | undefined, own: BuildData): BuildData {
  return {
    ...NOT_IMPLEMENTED,
    PackerRunUUID: runUuid,
    ...(connection && {
      ...(connection.id !== undefined && { ID: connection.id }),
      Host: connection.host,
      Port: String(connection.port),
      User: connection.user,
      Password: connection.password,
      ConnType: connection.type,
      SSHPublicKey: connection.publicKey,
      SSHPrivateKey: connection.privateKey,
      SSHPrivateKeyFile: connection.privateKeyFile,
      SSHAgentAuth: String(connection.agentAuth),
      WinRMPassword: connection.type === 'winrm' ? connection.password : '',
    }),
    ...own,
  };
}
