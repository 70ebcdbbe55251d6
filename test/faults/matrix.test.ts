import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { FAULT_PLANS } from '../../src/local-ec2/faults/index.ts';
import type { LocalEc2, Timing } from '../../src/local-ec2/index.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import { hollowEc2 } from '../helpers/ebs-bake.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { withoutAws } from '../helpers/without-aws.ts';
import { type EngineBake, engineBake } from './engine-bake.ts';
import { inventory, type MatrixTemplate, TEMPLATES, templateFor, wanted } from './templates.ts';

/** Seeds per plan; 20 with KILN_FAULT_SEEDS=20, which takes a quarter of an hour. */
const SEEDS = Number(process.env['KILN_FAULT_SEEDS'] ?? 2);
/** Long enough for faults to strike in the middle, short enough for a test. */
const TIMING: Partial<Timing> = { pending: 60, stopping: 60, shuttingDown: 60, image: 600, copy: 300, snapshot: 200 };

/** Plans that a bake gets through, whatever the seed. Under the others it may fail, but then clearly. */
const SURVIVED = new Set([
  'late-not-found',
  'late-empty',
  'flipping-reads',
  'throttled',
  'lost-replies',
  'no-capacity',
  'ami-slow',
  'group-in-use',
  'clock-skew',
  'expired-credentials',
]);

/** The other plans: what the user is told, and the templates that they strike, surely or perhaps. */
const STRUCK: Readonly<Record<string, { reason: RegExp; surely?: readonly string[]; perhaps?: readonly string[] }>> = {
  'ami-failed': { reason: /Internal error on snapshot/, surely: Object.keys(TEMPLATES) },
  'pending-terminated': { reason: /Volume limit exceeded/, surely: Object.keys(TEMPLATES) },
  'kms-denied': { reason: /KMS key/, surely: ['encrypted'] },
  'opt-in-required': { reason: /subscribe/, surely: Object.keys(TEMPLATES) },
  'spot-interruption': { reason: /Spot instance termination|Internal error on launch/, perhaps: ['spot'] },
};

describe('a bake under every fault plan', () => {
  let server: LocalEc2;
  withoutAws();
  afterEach(() => server.close());
  // After the server's own hook: its folder goes last.
  const folder = tempFolders();

  /** An EC2 under a fault plan, with what the template replaces already in it. */
  const start = async (plan: string, seed: number, template: MatrixTemplate): Promise<string> => {
    const dir = folder();
    const storeDir = join(dir, 'ec2');
    if (template.replaces) {
      server = await hollowEc2(storeDir);
      const ami_regions = template.regions.filter(region => region !== server.region);
      const made = await engineBake(templateFor(server, { ...template, builder: { ami_regions } }), join(dir, 'old'));
      assert.equal(made.succeeded, 1, JSON.stringify(made));
      await server.close();
    }
    const faults = FAULT_PLANS[plan];
    assert.ok(faults);
    server = await hollowEc2(storeDir, { timing: TIMING, faults, seed });
    process.env['AWS_ENDPOINT_URL'] = server.endpoint;
    process.env['AWS_ACCESS_KEY_ID'] = server.credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = server.credentials.secretAccessKey;
    return dir;
  };

  for (const plan of Object.keys(FAULT_PLANS)) {
    describe(plan, () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const names = Object.keys(TEMPLATES);
        const { reason = /./, surely = [], perhaps = [] } = STRUCK[plan] ?? {};
        // The templates take turns; a plan that strikes only some of them begins with those.
        const turns = [...new Set([...surely, ...perhaps, ...names])];
        const which = turns[(seed - 1) % turns.length] ?? 'plain';
        const template = TEMPLATES[which] as MatrixTemplate;
        it(`seed ${seed}, ${which}`, async () => {
          const dir = await start(plan, seed, template);
          const before = inventory(server);
          const bake = await engineBake(templateFor(server, template), join(dir, 'state'));
          const now = inventory(server);
          assert.deepEqual(bake.left, [], `the ledger is not closed: ${told(bake)}`);
          if (bake.succeeded === 1) {
            assert.ok(!surely.includes(which), 'it cannot have succeeded');
            assert.deepEqual(now, wanted(template), told(bake));
          } else {
            assert.ok(!SURVIVED.has(plan), told(bake));
            assertClear(bake, reason);
            assert.deepEqual(now, before, told(bake));
          }
        }).timeout(180_000);
      }
    });
  }
});

/** One error, which says in one line what happened, and by hint or cause what to do or why. */
function assertClear({ failures, complaints }: EngineBake, reason: RegExp): void {
  const [failure, ...more] = failures;
  assert.ok(failure && more.length === 0);
  assert.ok(failure.error instanceof KilnError, String(failure.error));
  assert.match(failure.message, reason);
  assert.doesNotMatch(failure.message, /\n|\bat \w+.*:\d+:\d+|undefined|\[object/);
  assert.ok(
    failure.hint || failure.error.cause || failure.message.includes(': '),
    'it says neither why nor what to do',
  );
  assert.deepEqual(complaints, []);
}

function told({ failures, complaints, said }: EngineBake): string {
  return JSON.stringify({ failures: failures.map(one => [one.message, one.hint]), complaints, said }, null, 1);
}
