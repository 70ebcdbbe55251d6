import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { finish, kilnCommand, type Result, Scratch } from '../helpers/kiln.ts';

const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');

describe(`prompts on a terminal${hasScript ? '' : ' (skipped: needs script of util-linux)'}`, function () {
  this.timeout(60_000);
  let scratch: Scratch;
  beforeEach(function () {
    if (!hasScript) return this.skip();
    scratch = new Scratch();
  });
  afterEach(() => scratch?.remove());

  /** Runs kiln on a terminal of its own and types an answer each time a question appears. */
  async function onTerminal(args: readonly string[], answers: readonly (readonly [RegExp, string])[]): Promise<Result> {
    const words = [...kilnCommand(), ...args].map(word => `'${word}'`).join(' ');
    const child: ChildProcess = spawn('script', ['-qefc', words, '/dev/null'], {
      cwd: join(scratch.dir, 'work'),
      env: { ...scratch.env, TERM: 'dumb' },
    });
    const ended = finish(child);
    const rest = [...answers];
    let seen = '';
    child.stdout?.on('data', chunk => {
      seen += String(chunk);
      const [next] = rest;
      if (!next?.[0].test(seen)) return;
      rest.shift();
      seen = '';
      child.stdin?.write(next[1]);
    });
    const result = await ended;
    assert.deepEqual(rest, [], result.stdout);
    return result;
  }
  const ASKED = /\[r\] retry step .*\? /;
  const write = (inline: string[], more: object[] = []): void => {
    scratch.write('t.json', {
      builders: [{ type: 'null', communicator: 'none' }],
      provisioners: [{ type: 'shell-local', inline }, ...more],
      'error-cleanup-provisioner': { type: 'shell-local', inline: ['echo cleaning'] },
    });
  };

  it('-on-error=ask: asks again after nonsense, and r retries the step', async () => {
    write(['echo run >>runs', 'test -e fixed']);
    const answers: [RegExp, string][] = [
      [ASKED, 'x\r'],
      [ASKED, 'r\r'],
      [ASKED, 'c\r'],
    ];
    const result = await onTerminal(['build', '-on-error=ask', 't.json'], answers);
    assert.equal(result.code, 1);
    assert.match(result.stdout, /cleaning/);
    assert.equal(scratch.read('runs'), 'run\nrun\n');
    writeFileSync(join(scratch.dir, 'work', 'fixed'), '');
    assert.equal((await onTerminal(['build', '-on-error=ask', 't.json'], [])).code, 0);
  });

  it('-on-error=ask: a leaves all as it is, and Ctrl-C cancels', async () => {
    write(['exit 3']);
    const left = await onTerminal(['build', '-on-error=ask', 't.json'], [[ASKED, 'a\r']]);
    assert.equal(left.code, 1);
    assert.match(left.stdout, /aborted: skipping cleanup of step "launch"/);
    assert.doesNotMatch(left.stdout, /cleaning/);
    const cancelled = await onTerminal(['build', '-on-error=ask', 't.json'], [[ASKED, '\x03']]);
    assert.equal(cancelled.code, 1);
    assert.match(cancelled.stdout, /\? \r?\n(.*\n)*Cancelling build after receiving interrupt/);
    assert.match(cancelled.stdout, /Cleanly cancelled builds/);
  });

  it('breakpoint and -debug wait for Enter', async () => {
    write(
      ['echo before'],
      [
        { type: 'breakpoint', note: 'look' },
        { type: 'shell-local', inline: ['echo after'] },
      ],
    );
    const result = await onTerminal(['build', 't.json'], [[/note "look"[\s\S]*Press enter to continue/, '\r']]);
    assert.equal(result.code, 0, result.stdout);
    assert.match(result.stdout, /before[\s\S]*Press enter[\s\S]*after/);
    write(['echo before']);
    const pauses: [RegExp, string][] = ['Step "launch"', 'Step "connect"', 'Next is provisioner "shell-local"'].map(
      text => [new RegExp(`${text}.*Press enter to go on`), '\r'],
    );
    const steps = ['provision', 'finish', 'post-process'].map((name): [RegExp, string] => [
      new RegExp(`Step "${name}".*Press enter`),
      '\r',
    ]);
    const debug = await onTerminal(
      ['build', '-debug', 't.json'],
      [...pauses, ...steps, [/Next is the clean-up/, '\r']],
    );
    assert.equal(debug.code, 0, debug.stdout);
  });
});
