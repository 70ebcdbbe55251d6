import { type OptionSchema, type OptionsOf, option } from '../../src/sdk/options.ts';

/** The service's own address; with another one the access token is not required. */
export const DEFAULT_URL = 'https://vagrantcloud.com/api/v2';

export const vagrantCloudOptions = {
  box_tag: option.string({ note: 'The box, e.g. `owner/name`; it must exist already.', required: true }),
  version: option.string({ note: 'Version to make, or to add a provider to.', required: true }),
  version_description: option.string({ note: 'Description of the version, in Markdown.' }),
  no_release: option.boolean({ note: 'Do not release the version.', default: false }),
  architecture: option.string({ note: "Architecture of the box; the one in the box's metadata when not given." }),
  default_architecture: option.string({ note: 'Architecture that counts as the default one of the provider.' }),
  access_token: option.string({
    note: 'Token of the API; required unless vagrant_cloud_url is given.',
    env: ['VAGRANT_CLOUD_TOKEN', 'ATLAS_TOKEN'],
    secret: true,
  }),
  vagrant_cloud_url: option.string({ note: 'Address of the API.', default: DEFAULT_URL }),
  insecure_skip_tls_verify: option.boolean({
    note: "Do not check the API's certificate; only with a vagrant_cloud_url of your own.",
    default: false,
  }),
  box_download_url: option.string({
    note: 'Where the box can be fetched; it is not uploaded then. May use ArtifactId, Provider and Architecture.',
    late: true,
  }),
  no_direct_upload: option.boolean({
    note: 'Upload through the API instead of directly to its storage.',
    default: false,
  }),
  box_checksum: option.string({ note: 'TYPE:DIGEST of the box, e.g. `sha256:...`.' }),
} as const;

export type VagrantCloudOptions = OptionsOf<typeof vagrantCloudOptions>;

export const schema: OptionSchema = { options: vagrantCloudOptions };
