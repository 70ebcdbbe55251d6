import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { LocalEc2, LocalEc2Options } from '../../../src/local-ec2/index.ts';
import { bake, callsOf, hollowEc2, leaks, minimal, SOURCE } from '../../helpers/ebs-bake.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('an amazon-ebs bake', () => {
  let server: LocalEc2;
  const start = async (options: Partial<LocalEc2Options> = {}): Promise<void> => {
    server = await hollowEc2(folder(), options);
  };
  beforeEach(() => start());
  afterEach(() => server.close());
  // After the server's own hook: its folder goes last.
  const folder = tempFolders();

  it('makes an image and leaves nothing else', async () => {
    const { error, artifact, run, undoFailures } = await bake(minimal(server));
    assert.equal(error, undefined);
    assert.deepEqual(undoFailures, []);
    const [image, ...others] = server.state().images;
    assert.equal(others.length, 0);
    assert.equal(image?.name, 'an-image');
    assert.equal(artifact?.builderId, 'mitchellh.amazonebs');
    assert.equal(artifact?.id, `us-east-1:${image?.id}`);
    assert.equal(artifact?.description, `AMIs were created:\nus-east-1: ${image?.id}\n`);
    assert.deepEqual(leaks(server), {});
    assert.deepEqual(
      run.ui.said
        .filter(text => /^(Prevalidating|Found Image|Stopping|AMI)/.test(text))
        .map(text => text.split(':')[0]),
      ['Prevalidating AMI Name', 'Found Image ID', 'Stopping the source instance...', 'AMI'],
    );
  });

  it('makes every call that it needs, and few others', async () => {
    await bake(minimal(server));
    const actions = server.calls
      .map(call => call.action)
      .filter(action => !/^Describe(Instances|Images|Snapshots|Regions)$/.test(action));
    assert.deepEqual(actions.sort(), [
      'AuthorizeSecurityGroupIngress',
      'CreateImage',
      'CreateKeyPair',
      'CreateSecurityGroup',
      'CreateTags',
      'DeleteKeyPair',
      'DeleteSecurityGroup',
      'RunInstances',
      'StopInstances',
      'TerminateInstances',
    ]);
  });

  it('puts the run id on all that it creates', async () => {
    let seen: ReturnType<LocalEc2['state']> | undefined;
    const { run } = await bake(minimal(server), {
      provision: async () => {
        seen = server.state();
      },
    });
    const found = seen;
    assert.ok(found);
    const things = [...found.instances, ...found.volumes, ...found.keyPairs, ...found.securityGroups];
    assert.equal(things.length, 4);
    for (const thing of [...things, ...server.state().images, ...server.state().snapshots]) {
      assert.equal(thing.tags['kiln:run'], run.resources.runId, thing.id);
    }
  });

  it('takes the mark of a leftover off the finished image', async () => {
    await bake(minimal(server));
    for (const thing of [...server.state().images, ...server.state().snapshots])
      assert.equal(thing.tags['kiln:expires'], 'never');
  });

  it('renders tags with the source image’s data', async () => {
    await bake({
      ...minimal(server),
      run_tags: { Purpose: 'build of {{ .SourceAMI }}' },
      run_tag: [{ key: 'Purpose2', value: '{{ .BuildRegion }}' }],
      run_volume_tags: { Volume: '{{ .SourceAMI }}' },
      tags: { Base: '{{ .SourceAMIName }}', 'In {{ .BuildRegion }}': 'yes' },
      tag: [{ key: 'Extra', value: 'x' }],
      snapshot_tags: { Snap: '{{ .SourceAMI }}', Extra: 'snapshot' },
      ami_description: 'from {{ .SourceAMI }}',
    });
    const [image] = server.state().images;
    const [snapshot] = server.state().snapshots;
    const own = (tags: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('kiln:')));
    assert.deepEqual(own(image?.tags ?? {}), {
      Purpose: `build of ${SOURCE}`,
      Purpose2: 'us-east-1',
      Base: `stand-in-for-${SOURCE}`,
      'In us-east-1': 'yes',
      Extra: 'x',
    });
    assert.equal(snapshot?.tags.Snap, SOURCE);
    assert.equal(snapshot?.tags.Extra, 'snapshot');
    assert.equal(callsOf(server, 'CreateImage')[0]?.Description, `from ${SOURCE}`);
    const volume = JSON.stringify(callsOf(server, 'RunInstances')[0]?.TagSpecification);
    assert.match(volume, new RegExp(`"Volume".*${SOURCE}`));
  });

  it('skips run_tags on the image when asked', async () => {
    await bake({ ...minimal(server), run_tags: { Purpose: 'build' }, skip_ami_run_tags: true });
    assert.equal(server.state().images[0]?.tags.Purpose, undefined);
    assert.match(JSON.stringify(callsOf(server, 'RunInstances')), /Purpose/);
  });

  it('makes no image with skip_create_ami', async () => {
    const { error, artifact } = await bake({ ...minimal(server), skip_create_ami: true });
    assert.deepEqual([error, artifact], [undefined, undefined]);
    assert.deepEqual(server.state().images, []);
    assert.deepEqual(leaks(server), {});
  });

  it('makes several images of one machine when ami is listed too', async () => {
    const { error } = await bake(minimal(server), {
      also: [{ ami_name: 'second' }, { ami_name: 'third', ami_regions: ['eu-west-1'] }],
    });
    assert.equal(error, undefined);
    assert.deepEqual(
      server
        .state()
        .images.map(image => `${image.region} ${image.name}`)
        .sort(),
      ['eu-west-1 third', 'us-east-1 an-image', 'us-east-1 second', 'us-east-1 third'],
    );
    assert.equal(callsOf(server, 'StopInstances').length, 1);
    assert.equal(callsOf(server, 'RunInstances').length, 1);
    assert.deepEqual(leaks(server), {});
  });

  it('destroys its artifact, snapshots too', async () => {
    const { artifact } = await bake({ ...minimal(server), ami_regions: ['eu-west-1'] });
    assert.equal(server.state().images.length, 2);
    await artifact?.destroy(new AbortController().signal);
    assert.deepEqual([server.state().images, server.state().snapshots], [[], []]);
  });

  it('waits for states that take their time', async () => {
    await server.close();
    await start({ timing: { looks: 2 } });
    const { error } = await bake(minimal(server));
    assert.equal(error, undefined);
    assert.deepEqual(leaks(server), {});
  });

  it('ends at once with a cancelled build, leaving nothing', async () => {
    const cancelled = new AbortController();
    const { error } = await bake(minimal(server), {
      signal: cancelled.signal,
      provision: async () => cancelled.abort(new Error('the user said stop')),
    });
    assert.match(String(error), /the user said stop/);
    assert.deepEqual(server.state().images, []);
    assert.deepEqual(leaks(server), {});
  });

  describe('says plainly', () => {
    const fails = async (options: Parameters<typeof bake>[0], message: RegExp, hint: RegExp): Promise<void> => {
      const { error } = await bake(options);
      assert.match(String((error as Error).message), message);
      assert.match(String((error as { hint?: string }).hint), hint);
      assert.deepEqual(leaks(server), {});
    };

    it('that the source image does not exist', () =>
      fails(
        { ...minimal(server), source_ami: 'ami-0bad0000000000000' },
        /source_ami ami-0bad0000000000000 does not exist in us-east-1/,
        /region/,
      ));

    it('that a filter matches nothing', () =>
      fails(
        {
          ...minimal(server),
          source_ami: undefined,
          source_ami_filter: { filters: { name: 'nothing' }, owners: ['self'] },
        },
        /no image in us-east-1 .* matches source_ami_filter/,
        /filters/,
      ));

    it('that a filter matches several images', async () => {
      await bake({ ...minimal(server), ami_name: 'one of two' });
      await bake({ ...minimal(server), ami_name: 'two of two' });
      const filter = { filters: { name: '* of two' }, owners: ['self'] };
      await fails(
        { ...minimal(server), source_ami: undefined, source_ami_filter: filter },
        /matches 2 images/,
        /most_recent/,
      );
      const { error, machine } = await bake({
        ...minimal(server),
        source_ami: undefined,
        source_ami_filter: { ...filter, most_recent: true },
      });
      assert.equal(error, undefined);
      assert.equal(machine?.buildData.SourceAMIName, 'two of two');
    });

    it('that the name is taken, before anything is launched', async () => {
      await bake(minimal(server));
      const launches = callsOf(server, 'RunInstances').length;
      await fails(minimal(server), /the name "an-image" is taken: ami-/, /force_deregister/);
      assert.equal(callsOf(server, 'RunInstances').length, launches);
    });

    it('that a region does not exist', () =>
      fails(
        { ...minimal(server), ami_regions: ['eu-west-11'] },
        /"eu-west-11" is not a region/,
        /did you mean "eu-west-1"/,
      ));

    it('that the credentials are wrong', () =>
      fails({ ...minimal(server), secret_key: 'wrong' }, /EC2 refused \w+ in us-east-1/, /access_key, secret_key/));

    it('that a subnet is needed in another VPC', () =>
      fails({ ...minimal(server), vpc_id: 'vpc-0bad0000000000000' }, /vpc-0bad0000000000000/, /./));
  });
});
