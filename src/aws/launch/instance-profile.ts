import type { RunContext } from '../../sdk/plugin.ts';
import type { Owned } from '../../sdk/resources.ts';
import type { Aws, IamService } from '../client/index.ts';
import type { PolicyDocumentOptions, RunOptions } from '../options/index.ts';
import { certainlyNotCreated, isKind } from '../policy/aws-error.ts';
import { createOnce } from '../policy/create-once.ts';
import { isEmpty } from '../rules/key-values.ts';
import { tagList } from '../tags.ts';
import { undoWith } from '../undo.ts';
import { timeOrderedUuid } from './names.ts';

/** The instance profile the instance is launched with. */
export interface InstanceProfile {
  readonly name?: string | undefined;
  /** What was made for it, last made last. */
  readonly owned: readonly Owned<unknown>[];
}

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** The profile the options name, or a temporary one with the policy they give (reference: step 6). */
export async function prepareInstanceProfile(
  run: RunContext,
  aws: Aws,
  options: RunOptions,
  tags: Readonly<Record<string, string>>,
): Promise<InstanceProfile> {
  const name = options.iam_instance_profile;
  const document = options.temporary_iam_instance_profile_policy_document;
  if (name) {
    if (run.build.local) return localProfile(run, aws, name);
    if (!options.skip_profile_validation) {
      const iam = await aws.iam();
      await iam.getInstanceProfile({ InstanceProfileName: name }, run.signal);
    }
    return { name, owned: [] };
  }
  if (isEmpty(document) || !document) return { owned: [] };
  if (!iamAtHand(run)) {
    run.ui.say('There is no IAM beside the embedded EC2: the temporary instance profile is left out.');
    return { owned: [] };
  }
  return temporaryProfile(run, aws, await aws.iam(), document, tags);
}

/** The embedded EC2 knows none of the account's profiles, and the template is to bake all the same. */
async function localProfile(run: RunContext, aws: Aws, name: string): Promise<InstanceProfile> {
  const known =
    iamAtHand(run) &&
    (await found((await aws.iam()).getInstanceProfile({ InstanceProfileName: name }, run.signal))) !== undefined;
  if (known) return { name, owned: [] };
  run.ui.say(`The embedded EC2 has no instance profile "${name}": the instance is launched without it.`);
  return { owned: [] };
}

/** A local build must never reach the real IAM: only an endpoint that stands in for it counts. */
function iamAtHand(run: RunContext): boolean {
  return !run.build.local || Boolean(process.env.AWS_ENDPOINT_URL_IAM || process.env.AWS_ENDPOINT_URL);
}

async function temporaryProfile(
  run: RunContext,
  aws: Aws,
  iam: IamService,
  document: PolicyDocumentOptions,
  tags: Readonly<Record<string, string>>,
): Promise<InstanceProfile> {
  const { signal, resources, ui } = run;
  const name = `packer-${timeOrderedUuid()}`;
  const account = aws.ec2().account;
  const Tags = tagList(tags);
  const undo = undoWith(aws);
  const owned: Owned<unknown>[] = [];

  ui.say(`Creating temporary instance profile: ${name}`);
  const profile = await resources.acquire(
    { kind: 'iam:instance-profile', account, name },
    async () => {
      await createOnce(
        signal,
        () => iam.createInstanceProfile({ InstanceProfileName: name, Tags }, signal),
        () => found(iam.getInstanceProfile({ InstanceProfileName: name }, signal)),
      );
      return { id: name, value: name };
    },
    undo,
    certainlyNotCreated,
  );
  owned.push(profile);

  ui.say(`Creating temporary role: ${name}`);
  const role = await resources.acquire(
    { kind: 'iam:role', account, name },
    async () => {
      await createOnce(
        signal,
        () =>
          iam.createRole(
            { RoleName: name, AssumeRolePolicyDocument: TRUST, Description: 'Temporary role for Packer', Tags },
            signal,
          ),
        () => found(iam.getRole({ RoleName: name }, signal)),
      );
      return { id: name, value: name };
    },
    undo,
    certainlyNotCreated,
  );
  owned.push(role);

  const soon = { notYet: (error: unknown) => isKind(error, 'not-found'), within: 40_000 };
  const policy = await resources.acquire(
    { kind: 'iam:role-policy', account, name, with: { role: name } },
    async () => {
      await iam.putRolePolicy(
        { RoleName: name, PolicyName: name, PolicyDocument: JSON.stringify(document) },
        signal,
        soon,
      );
      return { id: name, value: name };
    },
    undo,
    certainlyNotCreated,
  );
  owned.push(policy);

  const member = await resources.acquire(
    { kind: 'iam:role-in-profile', account, with: { role: name, profile: name } },
    async () => {
      try {
        await iam.addRoleToInstanceProfile({ InstanceProfileName: name, RoleName: name }, signal, soon);
      } catch (error) {
        // A profile holds one role: when it is full, a try whose answer was lost has put ours there.
        if (!isKind(error, 'quota')) throw error;
      }
      return { id: name, value: name };
    },
    undo,
    certainlyNotCreated,
  );
  owned.push(member);
  return { name, owned };
}

async function found(reply: Promise<unknown>): Promise<object | undefined> {
  try {
    await reply;
    return {};
  } catch (error) {
    if (isKind(error, 'not-found')) return undefined;
    throw error;
  }
}
