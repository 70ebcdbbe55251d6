import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { Ledger } from '../../src/engine/ledger.ts';
import { readRun, readRuns } from '../../src/engine/runs.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

describe('reading a ledger', () => {
  const folder = tempFolders();
  const header = {
    runId: '20260101-000000-abcdef',
    template: 't.json',
    cwd: '/',
    local: false,
    expires: '2099-01-01T00:00:00.000Z',
  };
  const written = (): string => {
    const ledger = new Ledger(folder(), header);
    const n = ledger.intent('b', { kind: 'ec2:instance', account: { region: 'us-east-1' }, token: 't' });
    ledger.created(n, 'i-1');
    ledger.closed(n, 'undone');
    ledger.end('failed');
    return ledger.path;
  };

  it('tells what became of each thing, and when', () => {
    const run = readRun(written());
    assert.equal(run?.status, 'failed');
    assert.ok(run.endedAt);
    assert.deepEqual(
      run.resources[0]?.history.map(change => change.to),
      ['created', 'undone'],
    );
  });

  const wrong: readonly (readonly [string, (lines: string[]) => string[], number])[] = [
    ['no JSON', lines => [...lines, 'garbage'], 6],
    ['binary', lines => ['\u0000\ufffd', ...lines], 1],
    ['a BOM', ([first = '', ...lines]) => [`\ufeff${first}`, ...lines], 1],
    ['JSON that is no record', () => ['null'], 1],
    ['a number', lines => [...lines, '3'], 6],
    ['a first line without a process', () => ['{"event":"run","v":1}'], 1],
    ['a thing without account', lines => [...lines, '{"event":"intent","at":"x","n":2,"build":"b","ref":{}}'], 6],
    ['an event nobody knows', lines => [...lines, '{"event":"toString","at":"x","n":1}'], 6],
    ['no first line', ([, ...lines]) => lines, 1],
  ];
  for (const [title, change, line] of wrong) {
    it(`names the damaged line: ${title}`, () => {
      const path = written();
      writeFileSync(path, change(readFileSync(path, 'utf8').trimEnd().split('\n')).join('\n'));
      assert.throws(() => readRun(path), {
        name: 'KilnError',
        message: `the ledger "${path}" is damaged at line ${line}`,
      });
      const problems: string[] = [];
      assert.deepEqual(
        readRuns(join(path, '..'), problem => problems.push(problem)),
        [],
      );
      assert.match(problems.join(), /damaged at line \d+; .* kiln gc -by-tag/);
    });
  }

  it('passes over torn lines, wherever they were cut off', () => {
    const path = written();
    const text = readFileSync(path, 'utf8');
    for (let cut = 0; cut < text.length; cut += 7) {
      writeFileSync(path, text.slice(0, cut));
      const run = readRun(path);
      assert.equal(run?.runId, cut < text.indexOf('\n') ? undefined : header.runId, String(cut));
    }
  });

  it('does not look into what a newer kiln wrote', () => {
    const path = written();
    writeFileSync(path, '{"event":"run","v":7,"who":{}}\n{"event":"unheard-of"}\n');
    assert.throws(() => readRun(path), /written by a newer kiln \(format 7\)/);
  });
});
