import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { loadFaultPlan } from '../../src/cli/local/fault-plan.ts';
import { FAULT_PLANS } from '../../src/local-ec2/faults/index.ts';
import { DiagnosticError } from '../../src/sdk/errors.ts';
import { formatLocation } from '../../src/sdk/source.ts';
import { Scratch } from '../helpers/kiln.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

describe('-faults', () => {
  const folder = tempFolders();
  const scratch = new Scratch();
  after(() => scratch.remove());

  /** What is said of a file, with the places. */
  const saidOf = async (content: string | Buffer): Promise<string[]> => {
    const dir = folder();
    writeFileSync(join(dir, 'plan.json'), content);
    const error: unknown = await loadFaultPlan('plan.json', dir).catch(thrown => thrown);
    assert.ok(error instanceof DiagnosticError, String(error));
    return error.diagnostics.map(({ message, span }) => `${span ? `${formatLocation(span)} ` : ''}${message}`);
  };

  it('takes the name of a plan that ships', async () => {
    assert.equal(await loadFaultPlan('throttled', '/'), FAULT_PLANS['throttled']);
    await assert.rejects(loadFaultPlan('throtled', '/'), { name: 'KilnError', hint: 'did you mean "throttled"?' });
    await assert.rejects(loadFaultPlan('constructor', '/'), { hint: /the plans are late-not-found, .*a path/ });
  });

  it('takes a file, in the user’s folder, with a byte order mark and Windows line endings too', async () => {
    const dir = folder();
    const plan = { seed: 3, faults: [{ kind: 'lost-reply', actions: ['RunInstances'] }] };
    const text = JSON.stringify(plan, null, 2).replaceAll('\n', '\r\n');
    writeFileSync(join(dir, 'plan.json'), `\uFEFF${text}\r\n`);
    assert.deepEqual(await loadFaultPlan('plan.json', dir), plan);
    assert.deepEqual(await loadFaultPlan(join(dir, 'plan.json'), '/'), plan);
  });

  it('says what a file is that is no plan', async () => {
    assert.deepEqual(await saidOf('{"faults": [\n'), ['plan.json:1:13 the file ends too early: ] } are missing']);
    assert.deepEqual(await saidOf(Buffer.from('1f8b0800', 'hex')), ['"plan.json" is a gzip archive, not text']);
    assert.deepEqual(await saidOf('[]'), ['plan.json:1:1 a fault plan must be an object, not a list']);
    const dir = folder();
    mkdirSync(join(dir, 'a.d'));
    await assert.rejects(loadFaultPlan('a.d', dir), /"a.d" is a folder, not a file/);
    await assert.rejects(loadFaultPlan('./none', dir), /the fault plan cannot be read: "\.\/none" does not exist/);
  });

  it('says all that is wrong, in the order of the file', async () => {
    const text =
      '{\n  "faults": [\n    {"kind": "eror"},\n    {"kind": "lost-reply", "actions": ["A"], "times": 0, "times": 1}\n  ]\n}';
    assert.deepEqual(await saidOf(text), [
      'plan.json:3:14 unknown kind of fault "eror"',
      'plan.json:4:55 "times" must be at least 1',
      'plan.json:4:58 "times" stands twice in the same object',
    ]);
  });

  for (const argv of [
    ['build', '--local', '--faults', 'bad.json', 'web.json'],
    ['local', 'up', '--faults', 'bad.json'],
  ])
    it(`kiln ${argv.slice(0, 2).join(' ')} points at the mistake and starts nothing`, async () => {
      scratch.write('web.json', { builders: [{ type: 'null', communicator: 'none' }] });
      scratch.write(
        'bad.json',
        '{"faults": [\n  {"kind": "latency", "actions": ["*"], "miliseconds": 5, "milliseconds": 1}\n]}\n',
      );
      const { code, stdout, stderr } = await scratch.run(argv);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.equal(
        stderr,
        [
          'error: unknown field "miliseconds"',
          ' --> bad.json:2:41',
          '  |',
          '2 |   {"kind": "latency", "actions": ["*"], "miliseconds": 5, "milliseconds": 1}',
          `  | ${' '.repeat(40)}^^^^^^^^^^^^^`,
          '  help: did you mean "milliseconds"?',
          '\n',
        ].join('\n'),
      );
      assert.deepEqual(scratch.machineFolders(), []);
    });

  it('goes with -local only', async () => {
    const { code, stderr } = await scratch.run(['build', '--faults', 'throttled', 'web.json']);
    assert.equal(code, 1);
    assert.match(stderr, /^error: -faults goes with -local/);
  });
});
