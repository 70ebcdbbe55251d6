import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { buildResources } from '../../src/engine/build-resources.ts';
import { Ledger, type LedgerRecord } from '../../src/engine/ledger.ts';
import { UndoStack } from '../../src/engine/undo-stack.ts';
import { KilnError } from '../../src/sdk/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiln-test-'));
after(() => rmSync(folder, { recursive: true }));

const account = { region: 'us-east-1' };
const expires = '2099-01-01T00:00:00.000Z';
let count = 0;

function setUp() {
  const runId = `run-${++count}`;
  const ledger = new Ledger(join(folder, 'runs'), { runId, template: 't.json', cwd: '/', local: true, expires });
  const reported: string[] = [];
  const undo = new UndoStack((what, error) => reported.push(`${what}: ${(error as Error).message}`));
  const resources = buildResources({ runId, build: 'web', tags: () => ({}), ledger, undo });
  const records = (): LedgerRecord[] =>
    readFileSync(ledger.path, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as LedgerRecord);
  return { ledger, undo, resources, reported, records };
}

describe('resources of a build', () => {
  it('are in the ledger before they exist, and undone in reverse', async () => {
    const { resources, undo, records } = setUp();
    const undone: (string | undefined)[] = [];
    for (const id of ['sg-1', 'i-1']) {
      await resources.acquire(
        { kind: 'ec2:instance', account },
        async () => {
          assert.equal(records().at(-1)?.event, 'intent');
          return { id, value: undefined };
        },
        async ref => void undone.push(ref.id),
      );
    }
    await undo.unwind();
    assert.deepEqual(undone, ['i-1', 'sg-1']);
    assert.deepEqual(
      records().map(record => record.event),
      ['run', 'intent', 'created', 'intent', 'created', 'undone', 'undone'],
    );
  });

  it('are looked for by name when the answer to their creation was lost', async () => {
    const { resources, undo } = setUp();
    const seen: unknown[] = [];
    const lost = resources.acquire(
      { kind: 'ec2:key-pair', account, name: 'k' },
      () => Promise.reject(new Error('connection lost')),
      async ref => void seen.push(ref),
    );
    await assert.rejects(lost, /connection lost/);
    await undo.unwind();
    assert.deepEqual(seen, [{ kind: 'ec2:key-pair', account, name: 'k' }]);
  });

  it('are not looked for when they were certainly not created', async () => {
    const { resources, undo, records } = setUp();
    const refused = resources.acquire(
      { kind: 'ec2:key-pair', account },
      () => Promise.reject(new Error('refused')),
      () => assert.fail('undone'),
      () => true,
    );
    await assert.rejects(refused);
    await undo.unwind();
    assert.equal(records().at(-1)?.event, 'not-created');
  });

  it('are undone once, however often they are released', async () => {
    const { resources, undo } = setUp();
    let times = 0;
    const owned = await resources.acquire(
      { kind: 'ec2:volume', account },
      async () => ({ id: 'vol-1', value: 1 }),
      async () => void times++,
    );
    owned.releaseSoon();
    await owned.release();
    await undo.unwind();
    assert.equal(times, 1);
  });

  it('stay when they are kept', async () => {
    const { resources, undo, records } = setUp();
    const owned = await resources.acquire(
      { kind: 'ec2:image', account },
      async () => ({ id: 'ami-1', value: 1 }),
      () => assert.fail('undone'),
    );
    await owned.keep();
    await undo.unwind();
    assert.equal(records().at(-1)?.event, 'kept');
  });

  it('that cannot be undone are reported, stay open in the ledger, and do not stop the others', async () => {
    const { resources, undo, reported, records } = setUp();
    let first = false;
    await resources.acquire(
      { kind: 'ec2:security-group', account },
      async () => ({ id: 'sg-1', value: 1 }),
      async () => {
        first = true;
      },
    );
    await resources.acquire(
      { kind: 'ec2:instance', account },
      async () => ({ id: 'i-1', value: 1 }),
      () => Promise.reject(new Error('stuck')),
    );
    await undo.unwind();
    assert.ok(first);
    assert.deepEqual(reported, ['remove instance i-1 in us-east-1: stuck']);
    assert.ok(records().some(record => record.event === 'undo-failed'));
  });

  it('are not created when the ledger cannot be written', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    const ledger = new Ledger(join(blocked, 'runs'), { runId: 'x', template: 't', cwd: '/', local: false, expires });
    const resources = buildResources({
      runId: 'x',
      build: 'b',
      tags: () => ({}),
      ledger,
      undo: new UndoStack(() => {}),
    });
    await assert.rejects(
      resources.acquire(
        { kind: 'ec2:image', account },
        () => assert.fail('created'),
        async () => {},
      ),
      (error: unknown) => error instanceof KilnError && /ledger could not be written/.test(error.message),
    );
  });

  it('leave no ledger when there were none', () => {
    const runs = join(folder, 'empty');
    mkdirSync(runs);
    new Ledger(runs, { runId: 'y', template: 't', cwd: '/', local: false, expires }).end('succeeded');
    assert.deepEqual(readdirSync(runs), []);
  });
});
