import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import type { EbsOptions } from '../../builders/amazon-ebs/schema.ts';
import { createAws, type Ec2 } from '../../src/aws/client/index.ts';
import { FAULT_PLANS } from '../../src/local-ec2/faults/index.ts';
import type { Fault } from '../../src/local-ec2/faults/plan.ts';
import type { CallWatch, LocalEc2, LocalEc2Options } from '../../src/local-ec2/index.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import { type Baked, type BakeOptions, bake, callsOf, hollowEc2, leaks, minimal } from '../helpers/ebs-bake.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

const never = new AbortController().signal;

describe('what EC2 does at night', () => {
  let server: LocalEc2;
  let storeDir: string;
  afterEach(() => server.close());
  // After the server's own hook: its folder goes last.
  const folder = tempFolders();

  const start = async (options: Partial<LocalEc2Options> = {}): Promise<void> => {
    storeDir = join(folder(), 'ec2');
    server = await hollowEc2(storeDir, options);
  };
  const plan = (name: string, options: Partial<LocalEc2Options> = {}): Promise<void> => {
    const faults = FAULT_PLANS[name];
    assert.ok(faults, `the plan ${name} ships`);
    return start({ faults, ...options });
  };
  /** The same EC2, with faults from now on. */
  const again = async (...faults: readonly Fault[]): Promise<void> => {
    await server.close();
    server = await hollowEc2(storeDir, { faults: { faults } });
  };
  const ec2 = async (): Promise<Ec2> => (await createAws(minimal(server), { local: false, secret: () => {} })).ec2();
  const nothingLeft = (perImage = 1): void => assert.deepEqual(leaks(server, perImage), {});
  const told = ({ error }: Baked): { message: string; hint: string } => {
    assert.ok(error instanceof KilnError, String(error));
    return { message: error.message, hint: error.hint ?? '' };
  };
  const fails = async (options: Partial<EbsOptions>, message: RegExp, hint: RegExp, extra?: BakeOptions) => {
    const baked = await bake({ ...minimal(server), ...options }, extra);
    assert.match(told(baked).message, message);
    assert.match(told(baked).hint, hint);
    assert.deepEqual(baked.undoFailures, []);
    nothingLeft();
    assert.deepEqual(server.state().images, []);
    return baked;
  };
  const succeeds = async (options: Partial<EbsOptions> = {}): Promise<Baked> => {
    const baked = await bake({ ...minimal(server), ...options });
    assert.equal(baked.error, undefined);
    assert.deepEqual(baked.undoFailures, []);
    nothingLeft();
    assert.ok(server.state().images.every(image => image.state === 'available'));
    return baked;
  };

  describe('clock-skew', () => {
    it('is corrected for, though the clock is half an hour behind', async () => {
      await plan('clock-skew');
      await succeeds();
    });
  });

  describe('expired-credentials', () => {
    it('are renewed in the middle of the work', async () => {
      await plan('expired-credentials');
      await succeeds();
      assert.equal(server.calls.filter(call => call.outcome === 'RequestExpired').length, 1);
    });

    it('that stay expired say so, and what to do', async () => {
      await start({ faults: { faults: [{ kind: 'error', actions: ['*'], code: 'ExpiredToken', status: 400 }] } });
      await fails({}, /^EC2 refused \w+ in us-east-1: .*\(ExpiredToken\)$/, /aws sso login/);
    });
  });

  describe('spot-interruption', () => {
    const spot = { spot_price: 'auto' };

    it('says that AWS took the instance back', async () => {
      // The image takes longer than the instance has.
      await plan('spot-interruption', { timing: { pending: 700 } });
      const options = { ...spot, ami_name: 'never', disable_stop_instance: true };
      await fails(
        options,
        /^instance i-\w+ is (shutting-down|terminated).*: .*Spot instance termination/,
        /took the spot instance back/,
        { provision: () => new Promise(resolve => setTimeout(resolve, 600)) },
      );
    });

    /** Takes the instance away when a call comes in for the first time. */
    const takenAwayAt = (action: string): CallWatch => {
      let taken = false;
      return async (moment, called) => {
        if (moment !== 'received' || called !== action || taken) return undefined;
        taken = true;
        const [instance] = server.state().instances;
        await (await ec2()).terminateInstances({ InstanceIds: [instance?.id ?? ''] }, never);
        return undefined;
      };
    };

    it('between the stop and CreateImage does not have kiln try for a quarter of an hour', async () => {
      await start({ onCall: takenAwayAt('CreateImage') });
      await fails({}, /^instance i-\w+ is (shutting-down|terminated), while kiln still needs it/, /^/);
    });

    it('before the snapshots of a swap says what happened, not that a volume is missing', async () => {
      await start({ onCall: takenAwayAt('CreateSnapshot') });
      await fails({ snapshot_first: true }, /^instance i-\w+ is (shutting-down|terminated), while kiln still/, /^/);
    });
  });

  describe('pending-terminated', () => {
    it('gives the reason, and launches nothing else', async () => {
      await plan('pending-terminated');
      await fails(
        {},
        /^instance i-\w+ is (shutting-down|terminated) instead of running: .*Volume limit exceeded/,
        /limit of EBS storage/,
      );
      assert.equal(callsOf(server, 'RunInstances').length, 1);
    });
  });

  describe('kms-denied', () => {
    it('names the image, the region and the key trouble', async () => {
      await plan('kms-denied');
      await fails(
        { encrypt_boot: true, kms_key_id: 'alias/theirs' },
        /ami-\w+ in us-east-1: it is failed: .*KMS key/,
        /KMS key is enabled/,
      );
    });
  });

  describe('opt-in-required', () => {
    it('sends the user to the Marketplace', async () => {
      await plan('opt-in-required');
      await fails({}, /^EC2 refused RunInstances in us-east-1: .*\(OptInRequired\)$/, /AWS Marketplace/);
    });
  });

  describe('ami-failed', () => {
    it('gives the reason and removes image and snapshots', async () => {
      await plan('ami-failed');
      await fails({}, /^EC2 could not make image ami-\w+ in us-east-1: it is failed: .*Internal error/, /build again/);
      assert.deepEqual(server.state().snapshots, []);
    });
  });

  describe('ami-slow', () => {
    it('is waited for', async () => {
      await plan('ami-slow');
      await succeeds();
    });

    it('is given up after the time the user gives it, with the state', async () => {
      await start({ faults: { faults: [{ kind: 'slow-state', resource: 'image', milliseconds: 60_000 }] } });
      const options = { aws_polling: { delay_seconds: 1, max_attempts: 2 } };
      await fails(options, /^image ami-\w+ is not available after \d+s: it is pending$/, /aws_polling/);
      assert.deepEqual(server.state().snapshots, []);
    });
  });

  describe('group-in-use', () => {
    it('is sat out: the group goes at last', async () => {
      await plan('group-in-use');
      await succeeds();
      assert.ok(server.calls.some(call => call.outcome === 'DependencyViolation'));
    }).timeout(60_000);
  });

  describe('no-capacity', () => {
    it('is answered by other zones, then by asking again', async () => {
      await plan('no-capacity');
      const { run } = await succeeds();
      assert.match(
        run.ui.said.join('\n'),
        /no room for the instance in the zone of its choice now \(InsufficientInstanceCapacity\)\.\nTrying us-east-1a\.\.\.\n.*in us-east-1a now/,
      );
    }).timeout(60_000);

    it('everywhere ends the build with what to do', async () => {
      await start({ faults: { faults: [{ kind: 'no-capacity' }] } });
      await fails({ availability_zone: 'us-east-1a' }, /InsufficientInstanceCapacity/, /another type, zone or subnet/);
    }).timeout(60_000);
  });

  describe('lost-replies', () => {
    it('are found again, or asked for again with the same token', async () => {
      await plan('lost-replies', { seed: 3 });
      await succeeds({ ami_regions: ['eu-west-1'] });
      assert.equal(server.state().images.length, 2);
    }).timeout(60_000);

    it('of the deregistration of a replaced image do no harm', async () => {
      await start();
      await succeeds();
      await again({ kind: 'lost-reply', actions: ['DeregisterImage'], times: 1 });
      await succeeds({ force_deregister: true, force_delete_snapshot: true });
      assert.equal(server.state().images.length, 1);
    });
  });

  describe('late reads', () => {
    for (const name of ['late-not-found', 'late-empty', 'flipping-reads']) {
      it(`${name}: copies, sharing and a swap get through`, async () => {
        await plan(name);
        const options = { ami_regions: ['eu-west-1'], ami_users: ['123456789012'], snapshot_users: ['123456789012'] };
        await succeeds(options);
        await succeeds({ ...options, force_deregister: true, force_delete_snapshot: true });
        assert.equal(server.state().images.length, 2);
      }).timeout(60_000);
    }

    it('do not keep kiln from the Windows password', async () => {
      const actions = ['GetPasswordData'];
      await start({
        faults: {
          faults: [{ kind: 'stale-read', resources: ['instance'], milliseconds: 1500, as: 'not-found', actions }],
        },
      });
      const { machine } = await succeeds({
        source_ami_filter: {
          filters: { name: 'Windows_Server-2022-English-Full-Base-*' },
          owners: ['amazon'],
          most_recent: true,
        },
        source_ami: '',
        communicator: 'winrm',
        winrm_username: 'Administrator',
      });
      assert.ok((await machine?.target(never))?.password);
      assert.ok(server.calls.some(call => call.action === 'GetPasswordData' && call.outcome !== 'ok'));
    }).timeout(60_000);

    for (const as of ['not-found', 'empty'] as const) {
      it(`do not make kiln forget what it has just made, when it must go again at once (${as})`, async () => {
        const all = ['instance', 'image', 'snapshot', 'security-group', 'key-pair', 'volume'] as const;
        await start({
          faults: {
            faults: [
              {
                kind: 'stale-read',
                resources: all,
                milliseconds: 1500,
                as,
                actions: ['Describe*', 'Terminate*', 'De*'],
              },
              { kind: 'error', actions: ['ModifyImageAttribute'], code: 'UnauthorizedOperation' },
            ],
          },
        });
        await fails({ ami_users: ['123456789012'] }, /refused ModifyImageAttribute/, /lack ec2:ModifyImageAttribute/);
        assert.deepEqual(server.state().snapshots, []);
      }).timeout(60_000);
    }
  });

  describe('a swap', () => {
    it('brings the old image back though its name counts as taken for a while', async () => {
      await start();
      await succeeds();
      const [old] = server.state().images;
      await again(
        { kind: 'error', actions: ['RegisterImage'], code: 'InvalidParameterValue', times: 1 },
        { kind: 'error', actions: ['RegisterImage'], code: 'InvalidAMIName.Duplicate', after: 1, times: 2 },
      );
      const baked = await bake({ ...minimal(server), force_deregister: true });
      assert.match(told(baked).message, /refused RegisterImage/);
      assert.deepEqual(
        server.state().images.map(image => [image.name, image.state]),
        [[old?.name, 'available']],
      );
      nothingLeft();
    });
  });

  describe('publishing everywhere or nowhere', () => {
    const everywhere = { ami_regions: ['eu-west-1', 'us-west-2'], ami_users: ['123456789012'], tags: { a: 'b' } };

    it('undoes all regions when sharing fails in one', async () => {
      await start({
        faults: {
          faults: [{ kind: 'error', actions: ['ModifyImageAttribute'], code: 'InvalidUserID.Malformed', after: 2 }],
        },
      });
      await fails(everywhere, /^EC2 refused ModifyImageAttribute in \S+: .*InvalidUserID.Malformed/, /^/);
      assert.deepEqual(server.state().snapshots, []);
    });

    for (const action of ['ModifyImageAttribute', 'CreateTags'])
      it(`with allow_partial_copy does without a region in which ${action} fails`, async () => {
        await start({
          onCall: (_, called, region) => (called === action && region === 'eu-west-1' ? 'drop' : undefined),
        });
        const { run, artifact } = await succeeds({ ...everywhere, allow_partial_copy: true, max_retries: 2 });
        assert.match(artifact?.id ?? '', /^us-east-1:ami-\w+,us-west-2:ami-\w+$/);
        assert.match(
          run.ui.errors.join(),
          /not in all regions, which allow_partial_copy permits\. EC2 in eu-west-1 could not/,
        );
        assert.deepEqual(
          server
            .state()
            .images.map(image => image.region)
            .sort(),
          ['us-east-1', 'us-west-2'],
        );
      }).timeout(60_000);

    it('with allow_partial_copy still undoes all when the build region fails', async () => {
      await start({
        onCall: (_, called, region) =>
          called === 'ModifyImageAttribute' && region === 'us-east-1' ? 'drop' : undefined,
      });
      await fails(
        { ...everywhere, allow_partial_copy: true, max_retries: 2 },
        /^EC2 in us-east-1 could not be reached/,
        /^/,
      );
      assert.deepEqual(server.state().snapshots, []);
    }).timeout(60_000);

    it('with allow_partial_copy fails when no region at all has it', async () => {
      await start({ faults: { faults: [{ kind: 'error', actions: ['CopyImage'], code: 'UnauthorizedOperation' }] } });
      const options = { ...everywhere, allow_partial_copy: true, skip_save_build_region: true };
      await fails(options, /^copying AMI ami-\w+ failed: EC2 refused CopyImage in eu-west-1/, /lack ec2:CopyImage/);
    });

    it('undoes images that are protected from deregistration already', async () => {
      await start({
        faults: { faults: [{ kind: 'error', actions: ['CreateTags'], code: 'TagLimitExceeded', after: 2 }] },
      });
      await fails(
        { ...everywhere, deregistration_protection: { enabled: true } },
        /^EC2 refused CreateTags in \S+: .*TagLimitExceeded/,
        /^/,
      );
      assert.deepEqual(server.state().snapshots, []);
    });
  });
});
