import { type ImagePlan, isImagePlan, planImage } from '../../src/aws/image/plan.ts';
import { isEc2Machine } from '../../src/aws/machine.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import type { PostProcessContext, PostProcessor, PostProcessResult } from '../../src/sdk/plugin.ts';
import { type AmiPostProcessorOptions, schema } from './schema.ts';

/**
 * Makes an AMI of the machine. amazon-ebs runs it by itself, with a plan that is checked already; a template may list
 * it too, several times, with other names and regions.
 */
export const plugin: PostProcessor<AmiPostProcessorOptions | ImagePlan> = {
  kind: 'post-processor',
  type: 'ami',
  schema,
  prepare(options, context) {
    const plan = isImagePlan(options)
      ? options
      : planImage(options, { buildRegion: undefined, prevalidated: false }, context);
    return { needsMachine: true, process: run => makeAmi(run, plan) };
  },
};

async function makeAmi(run: PostProcessContext, plan: ImagePlan): Promise<PostProcessResult> {
  const { machine } = run;
  if (!isEc2Machine(machine)) {
    throw new KilnError('the ami post-processor needs an EC2 instance, which this build does not have', {
      hint: 'use it with amazon-ebs, or leave it out for this build with "except"',
      code: 'not-an-instance',
    });
  }
  const [{ makeImages }, { amiArtifact }] = await Promise.all([
    import('../../src/aws/image/index.ts'),
    import('../../src/aws/image/artifact.ts'),
  ]);
  const images = await makeImages(run, machine, plan);
  return {
    artifact: amiArtifact(machine.aws, images, run.buildData, plan.builderId),
    // What came before is another image, not an ingredient of this one.
    keepInput: true,
    forceKeepInput: false,
  };
}
