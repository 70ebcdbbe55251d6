import { type OptionsOf, option } from '../../sdk/options.ts';

const assumeRoleFields = {
  role_arn: option.string({ note: 'ARN of the role; without it the block does nothing.' }),
  duration_seconds: option.integer({ note: 'Lifetime of the role session, in seconds.', min: 0 }),
  external_id: option.string({ note: 'External id that the role asks for.' }),
  policy: option.string({ note: 'Session policy (JSON) that narrows what the role may do.' }),
  policy_arns: option.strings({ note: 'ARNs of managed policies that narrow what the role may do.' }),
  session_name: option.string({ note: 'Name of the role session, as it appears in CloudTrail.' }),
  tags: option.map({ note: 'Session tags.' }),
  transitive_tag_keys: option.strings({ note: 'Session tags that are passed on to chained roles.' }),
} as const;

const vaultFields = {
  name: option.string({ note: 'Role in the Vault engine; the last part of the path.' }),
  role_arn: option.string({ note: 'AWS role to ask for; reads below `sts/` instead of `creds/`.' }),
  ttl: option.string({ note: 'Lifetime of the credentials, e.g. `3600s`; only with role_arn.' }),
  engine_name: option.string({ note: 'Where the engine is mounted.', default: 'aws' }),
} as const;

const pollingFields = {
  max_attempts: option.integer({
    note: 'Number of looks before a wait is given up.',
    env: ['AWS_MAX_ATTEMPTS'],
    min: 0,
  }),
  delay_seconds: option.integer({ note: 'Seconds between two looks.', env: ['AWS_POLL_DELAY_SECONDS'], min: 0 }),
} as const;

/** How to reach an AWS account. Shared by all Amazon components. */
export const accessOptions = {
  access_key: option.string({
    note: 'Access key id; goes with secret_key.',
    env: ['AWS_ACCESS_KEY_ID'],
    secret: true,
  }),
  secret_key: option.string({
    note: 'Secret access key; goes with access_key.',
    env: ['AWS_SECRET_ACCESS_KEY'],
    secret: true,
  }),
  token: option.string({
    note: 'Session token of temporary credentials.',
    env: ['AWS_SESSION_TOKEN'],
    secret: true,
  }),
  profile: option.string({ note: 'Profile of the shared configuration files.', env: ['AWS_PROFILE'] }),
  shared_credentials_file: option.string({
    note: 'Credentials file to read instead of ~/.aws/credentials.',
    env: ['AWS_SHARED_CREDENTIALS_FILE'],
  }),
  region: option.string({
    note: 'Region to build in; may also come from the environment or the profile.',
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  }),
  custom_endpoint_ec2: option.string({
    note: 'URL of another EC2 endpoint; used for every EC2 call of the build, copies included.',
  }),
  assume_role: option.block(assumeRoleFields, { note: 'Role to take on with the credentials found.' }),
  mfa_code: option.string({ note: 'One-time code of the MFA device, used when taking on the role.' }),
  vault_aws_engine: option.block(vaultFields, {
    note: "Takes the credentials from Vault's AWS secrets engine (VAULT_ADDR, VAULT_TOKEN).",
  }),
  aws_polling: option.block(pollingFields, { note: 'Pace of waiting for AWS; without it kiln finds its own.' }),
  decode_authorization_messages: option.boolean({
    note: 'When AWS refuses an action, have the encoded reason decoded (sts:DecodeAuthorizationMessage).',
    default: false,
  }),
  insecure_skip_tls_verify: option.boolean({
    note: "Do not check the certificates of AWS's endpoints.",
    default: false,
  }),
  max_retries: option.integer({
    note: 'Tries of one call in all, the first included, while AWS throttles or fails in passing.',
    default: 10,
    min: 0,
  }),
  skip_metadata_api_check: option.boolean({
    note: 'Do not ask the EC2 instance metadata service for credentials.',
    default: false,
  }),
  skip_credential_validation: option.boolean({
    note: 'Do not ask STS whose credentials these are before the build.',
    default: false,
  }),
} as const;

export type AccessOptions = OptionsOf<typeof accessOptions>;
