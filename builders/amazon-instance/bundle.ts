import { registerImage } from '../../src/aws/image/register.ts';
import type { ImageSource } from '../../src/aws/image/source.ts';
import { blockDeviceMappings } from '../../src/aws/launch/block-devices.ts';
import type { Ec2Machine } from '../../src/aws/machine.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import type { ProvisionContext, RunContext } from '../../src/sdk/plugin.ts';
import { exitCodeOf } from '../../src/sdk/scripts/exit-code.ts';
import { runShown } from '../../src/sdk/scripts/remote.ts';
import { BUNDLE_COMMAND, type InstanceOptions, UPLOAD_COMMAND, UPLOAD_COMMAND_WITH_PROFILE } from './schema.ts';

/** Exit code of ec2-upload-bundle when the bucket belongs to somebody else. */
const FOREIGN_BUCKET = 3;

/** Where the bundle lies on the machine, and then in S3. */
interface Bundle {
  readonly prefix: string;
  readonly folder: string;
  readonly manifest: string;
  /** As RegisterImage takes it. */
  readonly location: string;
}

/** The same for one build whenever it is asked: the default prefix holds the time kiln was started. */
export function nameBundle(run: Pick<RunContext, 'render'>, options: InstanceOptions): Bundle {
  const prefix = options.bundle_prefix || run.render('image-{{timestamp}}');
  const folder = options.bundle_destination || '/tmp';
  const manifest = `${prefix}.manifest.xml`;
  return { prefix, folder, manifest: `${folder}/${manifest}`, location: `${options.s3_bucket}/${manifest}` };
}

/** Uploads certificate and key, bundles the machine's root volume, and has the machine upload the bundle to S3. */
export async function bundleMachine(
  run: ProvisionContext,
  machine: Ec2Machine,
  options: InstanceOptions,
): Promise<void> {
  const bundle = nameBundle(run, options);
  const x509 = options.x509_upload_path || '/tmp';
  const paths = { CertPath: `${x509}/cert.pem`, KeyPath: `${x509}/key.pem` };
  run.ui.say('Uploading X509 Certificate...');
  await run.communicator.upload({ path: options.x509_cert_path }, paths.CertPath, { signal: run.signal, mode: 0o600 });
  await run.communicator.upload({ path: options.x509_key_path }, paths.KeyPath, { signal: run.signal, mode: 0o600 });

  run.ui.say('Bundling the volume...');
  const bundling = run.render(options.bundle_vol_command || BUNDLE_COMMAND, {
    ...paths,
    AccountId: options.account_id.replaceAll('-', ''),
    Architecture: machine.sourceImage.image.Architecture ?? 'x86_64',
    Destination: bundle.folder,
    Prefix: bundle.prefix,
    PrivatePath: x509,
  });
  await mustSucceed(run, bundling, 'Bundling the volume', () => undefined);

  run.ui.say('Uploading the bundle...');
  const { accessKeyId, secretAccessKey, sessionToken = '' } = await machine.aws.credentials();
  for (const secret of [secretAccessKey, sessionToken]) if (secret) run.secret(secret);
  const command = options.bundle_upload_command || defaultUpload(options);
  const uploading = run.render(command, {
    AccessKey: accessKeyId,
    SecretKey: secretAccessKey,
    Token: sessionToken,
    BucketName: options.s3_bucket,
    BundleDirectory: bundle.folder,
    ManifestPath: bundle.manifest,
    Region: machine.ec2.region,
  });
  await mustSucceed(run, uploading, 'Uploading the bundle', code =>
    code === FOREIGN_BUCKET
      ? `bucket "${options.s3_bucket}" may belong to another account: choose another name`
      : undefined,
  );
}

function defaultUpload(options: InstanceOptions): string {
  return options.iam_instance_profile ? UPLOAD_COMMAND_WITH_PROFILE : UPLOAD_COMMAND;
}

async function mustSucceed(
  run: ProvisionContext,
  command: string,
  what: string,
  hintFor: (code: number) => string | undefined,
): Promise<void> {
  const result = await runShown(run, command);
  const code = exitCodeOf(result);
  if (code === 0) return;
  const hint =
    hintFor(code) ??
    (code === 127
      ? 'the AMI tools (ec2-bundle-vol, ec2-upload-bundle) must be installed on the machine, by a provisioner if need be'
      : `the command was: ${command}`);
  throw new KilnError(`${what} failed with exit status ${code}`, { hint, code: 'bundle-failed' });
}

/** Registers the uploaded bundle, under whatever name. */
export function bundleSource(bundle: Bundle, options: InstanceOptions): ImageSource {
  return {
    completeFirst: true,
    async prepare(making) {
      const { plan } = making;
      const mappings = blockDeviceMappings(plan.mappings);
      return (name, final) =>
        registerImage(
          making,
          { name, final, snapshots: [] },
          {
            ImageLocation: bundle.location,
            ...(mappings.length > 0 && { BlockDeviceMappings: mappings }),
            ...(options.ami_virtualization_type && { VirtualizationType: options.ami_virtualization_type }),
            ...(options.tpm_support && { TpmSupport: options.tpm_support as 'v2.0' }),
            ...(plan.options.ena_support && { EnaSupport: true }),
            ...(plan.options.sriov_support && { SriovNetSupport: 'simple' }),
          },
        );
    },
  };
}
