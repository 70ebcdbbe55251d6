import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'mocha';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { UsageError } from '../../src/cli/parse-args.ts';
import { runCommand } from '../helpers/command.ts';
import { tempFolders } from '../helpers/temp-folder.ts';

const ebs = '{"type": "amazon-ebs", "ssh_private_ip": true}';

describe('kiln fix', () => {
  const folder = tempFolders();
  let dir = '';
  beforeEach(() => {
    dir = folder();
  });

  function write(name: string, text: string): string {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  }
  const text = (name: string): string => readFileSync(join(dir, name), 'utf8');
  const fix = (args: readonly string[], input = '') => runCommand(COMMANDS['fix'], args, { cwd: dir, input });

  it('writes what needs a fix, leaves the rest byte for byte, and goes on after one that is broken', async () => {
    const good = '{"builders":[{"type":"null"}]}';
    const paths = [
      write('broken.json', '{"builders": ['),
      write('good.json', good),
      write('old.json', `{"builders": [${ebs}]}`),
      join(dir, 'missing.json'),
    ];
    const { code, out, err } = await fix(['-write', ...paths]);
    assert.deepEqual([code, out], [1, 'old.json\n']);
    assert.equal(text('good.json'), good);
    assert.equal(text('broken.json'), '{"builders": [');
    assert.deepEqual(JSON.parse(text('old.json')), {
      builders: [{ type: 'amazon-ebs', ssh_interface: 'private_ip' }],
    });
    assert.match(err, /--> broken\.json:1:15/);
    assert.match(err, /"missing\.json" does not exist/);
  });

  it('points at the file where nothing needed a fix, else at what it made of it', async () => {
    const twice = (builder: string): string => `{"builders": [${builder},\n${builder}]}`;
    const unfixed = await fix([write('a.json', twice('{"type": "null"}'))]);
    assert.equal(unfixed.code, 1);
    assert.match(unfixed.err, /--> a\.json:2:10 /);
    const fixed = await fix([write('b.json', twice(ebs))]);
    assert.equal(fixed.code, 1);
    const [, line, column] = /--> b\.json \(fixed\):(\d+):(\d+) /.exec(fixed.err) ?? [];
    const printed = fixed.out.split('\n')[Number(line) - 1] ?? '';
    assert.ok(printed.slice(Number(column) - 1).startsWith('"amazon-ebs"'), printed);
  });

  it('reads standard input, but cannot write to it', async () => {
    const { code, out } = await fix(['-'], `{"builders": [${ebs}]}`);
    assert.equal(code, 0);
    assert.match(out, /"ssh_interface": "private_ip"/);
    await assert.rejects(fix(['-write', '-']), UsageError);
  });

  it('speaks to programs as the other commands do', async () => {
    const path = write('a.json', `{"builders": [${ebs}]}`);
    const { type, file, text: printed } = JSON.parse((await fix(['--json', path])).out);
    assert.deepEqual([type, file], ['result', 'a.json']);
    assert.equal(JSON.parse(printed).builders[0].ssh_interface, 'private_ip');
    assert.match((await fix(['-machine-readable', path])).out, /^\d+,,ui,say,\{\\n {2}"builders": \[/);
    assert.equal((await fix(['--json', '-write', path])).out, '{"type":"rewritten","file":"a.json","written":true}\n');
  });

  it('shows no value of a sensitive variable in excerpts', async () => {
    const broken = '{"variables": {"a": "s3cret"}, "sensitive-variables": ["a"], "builders": "s3cret" "x": 1}';
    const { err } = await fix([write('a.json', broken)]);
    assert.match(err, /"<sensitive>"/);
    assert.doesNotMatch(err, /s3cret/);
  });
});
