import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import { hollowEc2, leaks, SOURCE } from '../helpers/ebs-bake.ts';
import { finish, kilnCommand, Scratch, whyNoMachines } from '../helpers/kiln.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

let screens = 0;

/** A real terminal with a command in it, by tmux. */
class Screen {
  readonly #number = ++screens;
  readonly #socket: string;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.#socket = join(dir, `tmux-${this.#number}.sock`);
  }

  /** Starts a shell line; when it is over the screen says `ended with CODE`. */
  open(scratch: Scratch, args: readonly string[], env: NodeJS.ProcessEnv): void {
    const words = [...kilnCommand(), ...args].map(word => `'${word}'`).join(' ');
    const script = join(this.#dir, `run-${this.#number}.sh`);
    const exports = Object.entries({ ...scratch.env, ...env })
      .filter(([name, value]) => value !== undefined && /^\w+$/.test(name))
      .map(([name, value]) => `export ${name}='${String(value).replaceAll("'", `'\\''`)}'\n`)
      .join('');
    // Wide enough that no line is folded.
    writeFileSync(
      script,
      `${exports}export TERM=screen\ncd '${join(scratch.dir, 'work')}'\n${words}\necho "ended with $?"\nsleep 60\n`,
    );
    this.#tmux('new-session', '-d', '-x', '220', '-y', '60', `sh '${script}'`);
  }

  /** What is to be seen, once it matches. */
  async sees(pattern: RegExp): Promise<string> {
    for (;;) {
      const text = this.#tmux('capture-pane', '-p', '-J', '-S', '-');
      if (pattern.test(text)) return text;
      if (/ended with/.test(text)) assert.match(text, pattern);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  type(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  close(): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server']);
  }

  #tmux(...args: string[]): string {
    const result = spawnSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  }
}

describe(`in a real terminal${hasTmux ? '' : ' (skipped: needs tmux)'}`, function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let screen: Screen;
  let server: LocalEc2;
  let env: NodeJS.ProcessEnv;

  before(function () {
    if (!hasTmux) this.skip();
  });
  beforeEach(async () => {
    scratch = new Scratch();
    screen = new Screen(scratch.dir);
    server = await hollowEc2(join(scratch.dir, 'ec2'));
    env = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    };
  });
  afterEach(async () => {
    screen.close();
    await server.close();
    scratch.remove();
  });

  const write = (provisioners: object[]): void => {
    scratch.write('template.json', {
      builders: [
        {
          type: 'amazon-ebs',
          region: 'us-east-1',
          source_ami: SOURCE,
          instance_type: 't3.micro',
          communicator: 'none',
          ami_name: 'an-image',
        },
      ],
      provisioners,
    });
  };
  const failing = { type: 'shell-local', inline: ['echo tried >>tries; test -f mended'] };

  it('-on-error=ask: an unknown answer is asked again, r tries the step once more', async () => {
    write([failing]);
    screen.open(scratch, ['build', '-on-error=ask', 'template.json'], env);
    await screen.sees(/\[r\] retry step[^\n]*\? *$/m);
    screen.type('x', 'Enter');
    await screen.sees(/retry step[\s\S]*x\n[\s\S]*retry step/);
    scratch.write('mended', '');
    screen.type('r', 'Enter');
    const text = await screen.sees(/ended with 0/);
    assert.match(text, /Step "provision" failed/);
    assert.equal(scratch.read('tries'), 'tried\ntried\n');
    assert.deepEqual(leaks(server), {});
  });

  it('-on-error=ask: c cleans up, a leaves everything', async () => {
    write([failing]);
    screen.open(scratch, ['build', '-on-error=ask', 'template.json'], env);
    await screen.sees(/retry step/);
    screen.type('a', 'Enter');
    await screen.sees(/ended with 1/);
    assert.equal(server.state().instances.length, 1);
    screen.close();
    screen = new Screen(scratch.dir);
    screen.open(scratch, ['gc'], env);
    await screen.sees(/Remove these \d+\? \[y\/N\]/);
    screen.type('y', 'Enter');
    await screen.sees(/ended with 0/);
    assert.deepEqual(leaks(server), {});
    screen.close();
    screen = new Screen(scratch.dir);
    screen.open(scratch, ['build', '-on-error=ask', 'template.json'], env);
    await screen.sees(/retry step/);
    screen.type('C', 'Enter');
    await screen.sees(/ended with 1/);
    assert.deepEqual(leaks(server), {});
  });

  it('Ctrl-C at a prompt cancels and cleans up', async () => {
    write([{ type: 'breakpoint', note: 'look' }]);
    screen.open(scratch, ['build', 'template.json'], env);
    await screen.sees(/Press enter to continue/);
    screen.type('C-c');
    const text = await screen.sees(/ended with 1/);
    assert.match(text, /Cancelling build after receiving interrupt/);
    assert.match(text, /Cleanly cancelled builds/);
    assert.deepEqual(leaks(server), {});
  });

  it('a breakpoint waits for Enter', async () => {
    write([
      { type: 'breakpoint', note: 'look' },
      { type: 'shell-local', inline: ['echo after the break'] },
    ]);
    screen.open(scratch, ['build', 'template.json'], env);
    assert.doesNotMatch(await screen.sees(/Press enter to continue/), /after the break/);
    screen.type('Enter');
    await screen.sees(/after the break[\s\S]*ended with 0/);
  });

  it('-debug pauses after each step, before each provisioner and before the clean-up', async () => {
    write([{ type: 'shell-local', inline: ['echo hello'] }]);
    screen.open(scratch, ['build', '-debug', 'template.json'], env);
    for (const pause of [
      'Step "launch" is done',
      'Step "connect" is done',
      'Next is provisioner "shell-local"',
      'Step "provision" is done',
      'Step "finish" is done',
      'Step "post-process" is done',
      'Next is the clean-up',
    ]) {
      await screen.sees(new RegExp(`${pause}. Press enter to go on`));
      screen.type('Enter');
    }
    await screen.sees(/ended with 0/);
  });
});

const skip = hasTmux ? whyNoMachines() : 'needs tmux';

describe(`kiln ssh in a real terminal${skip ? ` (skipped: ${skip})` : ''}`, function () {
  this.timeout(120_000);
  const scratch = new Scratch();
  const screen = new Screen(scratch.dir);

  before(async function () {
    if (skip) return this.skip();
    scratch.write('template.json', {
      builders: [
        {
          type: 'amazon-ebs',
          region: 'us-east-1',
          source_ami: 'ami-0abcdef1234567890',
          instance_type: 't3.micro',
          ssh_username: 'ubuntu',
          temporary_security_group_source_cidrs: ['127.0.0.0/8'],
          ami_name: 'kept',
        },
      ],
      provisioners: [{ type: 'shell', inline: ['exit 3'] }],
    });
  });
  after(() => {
    screen.close();
    scratch.remove();
  });

  it('gives a shell of the right size, with control keys, and its exit code', async () => {
    const up = scratch.start(['local', 'up']);
    const ended = finish(up);
    try {
      await new Promise<void>(resolve => up.stdout?.on('data', chunk => /listens/.test(String(chunk)) && resolve()));
      assert.equal((await scratch.run(['build', '-local', '-on-error=keep', 'template.json'])).code, 1);
      screen.open(scratch, ['ssh', 'last'], {});
      await screen.sees(/[$#] *$/m);
      screen.type('stty size; echo "at $((40 + 2))"', 'Enter');
      await screen.sees(/60 220\n[\s\S]*at 42\n/);
      screen.resize(100, 40);
      screen.type('sleep 0.3; stty size', 'Enter');
      await screen.sees(/40 100\n/);
      screen.type('sleep 1000', 'Enter');
      screen.type('C-c');
      screen.type('exit 7', 'Enter');
      await screen.sees(/ended with 7/);
      assert.equal((await scratch.run(['gc', '-yes'])).code, 0);
    } finally {
      up.kill('SIGTERM');
      await ended;
    }
  });
});

describe(`kiln console in a real terminal${hasTmux ? '' : ' (skipped: needs tmux)'}`, function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let screen: Screen;

  before(function () {
    if (!hasTmux) this.skip();
    scratch = new Scratch();
    screen = new Screen(scratch.dir);
  });
  after(() => {
    screen?.close();
    scratch?.remove();
  });

  it('goes on after errors, has a history, takes a line back with Ctrl-C and leaves with Ctrl-D', async () => {
    scratch.write('t.json', {
      variables: { name: 'web', token: 'S3cr3t' },
      'sensitive-variables': ['token'],
      builders: [{ type: 'null', communicator: 'none' }],
    });
    screen.open(scratch, ['console', 't.json'], {});
    await screen.sees(/^>/m);
    screen.type('{{ uper `x` }}', 'Enter');
    await screen.sees(/error: the function "uper" is not defined\n>/);
    screen.type('{{ user `name` | upper }}', 'Enter');
    await screen.sees(/\nWEB\n>/);
    screen.type('Up', 'Enter');
    await screen.sees(/\nWEB\n>.*\nWEB\n>/);
    screen.type('half a line', 'C-c');
    await screen.sees(/half a line\^C\n>/);
    screen.type('the {{ user `token` }}', 'Enter');
    await screen.sees(/\nthe <sensitive>\n>/);
    screen.type('C-d');
    await screen.sees(/\nended with 0/);
  });
});
