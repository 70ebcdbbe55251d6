import { KilnError } from '../../sdk/errors.ts';
import type { RunContext } from '../../sdk/plugin.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import type { Aws, Ec2 } from '../client/index.ts';
import { checkUnprotected } from '../image/protection.ts';
import { sharedCalls } from '../shared-calls.ts';
import type { LaunchSettings } from './settings.ts';
import { settleAll } from './settle-all.ts';

/** Checks against the account that cost nothing yet: credentials, regions, VPC, and that the image's name is free. */
export async function preValidate(
  run: RunContext,
  aws: Aws,
  settings: Pick<LaunchSettings, 'access' | 'run' | 'image'>,
): Promise<void> {
  const { image } = settings;
  const ec2 = aws.ec2();
  if (!image.made) return checkIdentity(run, aws, settings);
  if (image.freeName !== undefined) run.ui.say(`Prevalidating AMI Name: ${image.freeName}`);
  else run.ui.say('Not checking whether the AMI name is free: an image of that name may be replaced or none is kept.');
  await settleAll(
    checkIdentity(run, aws, settings),
    // The build region alone needs no check: where it does not exist, nobody answers.
    image.skipRegionValidation || image.regions.length === 0
      ? Promise.resolve()
      : checkRegions(ec2, image.regions, run.signal),
    image.checkVpc ? checkVpc(ec2, settings, run.signal) : Promise.resolve(),
    image.freeName === undefined ? Promise.resolve() : checkName(ec2, image.freeName, run.signal),
    image.replacedName === undefined ? Promise.resolve() : checkReplaceable(ec2, image.replacedName, run.signal),
  );
}

/** Asks STS whose credentials these are; not where another endpoint stands in for EC2, as STS would not know them. */
async function checkIdentity(run: RunContext, aws: Aws, { access }: Pick<LaunchSettings, 'access'>): Promise<void> {
  if (access.skip_credential_validation || run.build.local || aws.endpoint) return;
  const sts = await aws.sts();
  await sts.getCallerIdentity({}, run.signal);
}

/** Throws KilnError when the build region or one of the others is not a region of the account. */
export async function checkRegions(ec2: Ec2, copies: readonly string[], signal: AbortSignal): Promise<void> {
  const known = await sharedCalls(ec2).regions(signal);
  for (const region of [ec2.region, ...copies]) {
    if (region === '' || known.includes(region)) continue;
    const { hint } = didYouMean(region, known);
    throw new KilnError(`"${region}" is not a region that this account can use`, {
      hint: hint ?? `it can use ${known.join(', ')}; skip_region_validation switches this check off`,
      code: 'aws-region',
    });
  }
}

async function checkVpc(ec2: Ec2, { run }: Pick<LaunchSettings, 'run'>, signal: AbortSignal): Promise<void> {
  if (!run.vpc_id || run.subnet_id || run.subnet_filter) return;
  const { Vpcs = [] } = await ec2.describeVpcs({ VpcIds: [run.vpc_id] }, signal);
  if (Vpcs[0]?.IsDefault) return;
  throw new KilnError(`VPC ${run.vpc_id} is not the default one, so AWS cannot choose a subnet in it`, {
    hint: 'add subnet_id or subnet_filter',
    code: 'missing-subnet',
  });
}

async function checkName(ec2: Ec2, name: string, signal: AbortSignal): Promise<void> {
  const [taken] = await sharedCalls(ec2).imagesNamed(name, signal);
  if (!taken) return;
  throw new KilnError(`the name "${name}" is taken: ${taken.ImageId} in ${ec2.region} has it`, {
    hint: 'choose another ami_name (e.g. with {{timestamp}}), or replace the image with force_deregister or -force',
    code: 'ami-name-taken',
  });
}

async function checkReplaceable(ec2: Ec2, name: string, signal: AbortSignal): Promise<void> {
  for (const image of await sharedCalls(ec2).imagesNamed(name, signal)) checkUnprotected(image, ec2);
}
