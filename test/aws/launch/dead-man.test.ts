import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, it } from 'mocha';
import { armDeadManSwitch } from '../../../src/aws/launch/dead-man.ts';

const linux = {};
const encode = (text: string | Buffer): string => Buffer.from(text).toString('base64');

type Options = Parameters<typeof armDeadManSwitch>[1];

function arm(userData: string | Buffer | undefined, options: Options = {}, local = false) {
  const armed = armDeadManSwitch(userData === undefined ? undefined : encode(userData), options, linux, local);
  return { ...armed, bytes: Buffer.from(armed.userData ?? '', 'base64') };
}

interface Part {
  readonly type: string;
  readonly body: string;
}

/** The parts of a MIME document that are no documents themselves, with the types they say they have. */
function parts(document: Buffer): Part[] {
  const found = partsOf(document.toString());
  if (hasPython) assert.deepEqual(found, partsByPython(document));
  return found;
}

function partsOf(document: string): Part[] {
  const [head = '', ...rest] = document.split('\n\n');
  const body = rest.join('\n\n');
  const header = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1] ?? '';
  const type = header('content-type');
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary !== undefined)
    return `\n${body}`
      .split(`\n--${boundary}`)
      .slice(1, -1)
      .flatMap(part => partsOf(part.slice(1)));
  const encoded = header('content-transfer-encoding') === 'base64';
  return [{ type: type.split(';')[0] ?? '', body: encoded ? Buffer.from(body, 'base64').toString() : body }];
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

/** The same as Python's email package sees them, which cloud-init uses: a second opinion where there is one. */
function partsByPython(document: Buffer): Part[] {
  const script = `
import sys, json, email
message = email.message_from_bytes(sys.stdin.buffer.read())
print(json.dumps([{"type": p.get_content_type(), "body": p.get_payload(decode=True).decode("utf-8")}
  for p in message.walk() if not p.is_multipart()]))`;
  const result = spawnSync('python3', ['-c', script], { input: document, encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout) as Part[];
}

describe('the dead-man switch', () => {
  it('alone is a boothook, which runs at every boot, that powers off after max_build_time', () => {
    const { bytes, shutdown } = arm(undefined);
    assert.match(bytes.toString(), /^#cloud-boothook\n#!\/bin\/sh\n/);
    assert.equal(shutdown, 'terminate');
    const now = Math.floor(Date.now() / 1000);
    const sleeps = (options: Options, date: number): number => {
      // What it would wait for at a boot at that time: sleep and date are ours.
      const text = arm(undefined, options).bytes.toString().replace('#cloud-boothook\n', '').replace(' &\n', '\n');
      const ours = `date() { echo ${date}; }; sleep() { echo "$1" >&3; }; shutdown() { :; }\n`;
      const result = spawnSync('sh', ['-c', `exec 3>&1\n${ours}${text}`], { encoding: 'utf8' });
      assert.equal(result.status, 0, result.stderr);
      return Number(result.stdout);
    };
    const about = (seconds: number, expected: number): void =>
      assert.ok(Math.abs(seconds - expected) < 60, `${seconds} is not about ${expected}`);
    about(sleeps({}, now), 21_600);
    about(sleeps({ max_build_time: 90_000 }, now), 120);
    about(sleeps({ max_build_time: 1 }, now), 60);
    // A reboot does not begin the time anew; at least what runs there has five minutes.
    about(sleeps({}, now + 7200), 14_400);
    assert.equal(sleeps({}, now + 1_000_000), 300);
    // A clock that is not set yet.
    assert.equal(sleeps({}, 1000), 21_600);
  });

  it('is valid shell, and never fails', () => {
    const text = arm(undefined).bytes.toString();
    assert.equal(spawnSync('sh', ['-n'], { input: text }).status, 0);
    assert.match(text, /\nexit 0\n$/);
  });

  it('is off with 0, on the embedded EC2 and for Windows: the user data stay as they are', () => {
    for (const armed of [
      arm('#!/bin/sh\ntrue\n', { max_build_time: 0 }),
      arm('#!/bin/sh\ntrue\n', {}, true),
      armDeadManSwitch(encode('#!/bin/sh\ntrue\n'), {}, { Platform: 'Windows' }, false),
    ]) {
      assert.equal(armed.userData, encode('#!/bin/sh\ntrue\n'));
      assert.equal(armed.shutdown, 'stop');
    }
    assert.equal(arm(undefined, { max_build_time: 0 }).userData, undefined);
  });

  it('respects what the template says of a shutdown', () => {
    assert.equal(arm(undefined, { shutdown_behavior: 'stop' }).shutdown, 'stop');
    assert.equal(arm(undefined, { shutdown_behavior: 'terminate' }).shutdown, 'terminate');
    assert.equal(arm(undefined, { shutdown_behavior: 'terminate', max_build_time: 0 }).shutdown, 'terminate');
    // A provisioner is to shut the instance down, and its image to be made then.
    assert.equal(arm(undefined, { disable_stop_instance: true }).shutdown, 'stop');
  });

  const users: readonly (readonly [string, string, string])[] = [
    ['a script', '#!/bin/bash\necho "hällo"\n', 'text/plain'],
    ['cloud-config', '#cloud-config\npackages: [git]\n', 'text/plain'],
    ['a boothook', '#cloud-boothook\n#!/bin/sh\ntrue\n', 'text/plain'],
    ['a Jinja template', '## template: jinja\n#cloud-config\n{}\n', 'text/plain'],
  ];
  for (const [title, text, type] of users) {
    it(`goes before ${title} of the user`, () => {
      const found = parts(arm(text).bytes);
      assert.deepEqual(
        found.map(part => part.type),
        ['text/cloud-boothook', type],
      );
      assert.match(found[0]?.body ?? '', /^#cloud-boothook\n#!\/bin\/sh\n[\s\S]*21600/);
      assert.equal(found[1]?.body, text);
    });
  }

  it('goes before the parts of a multipart document', () => {
    const document = [
      'Content-Type: multipart/mixed; boundary="XX"',
      'MIME-Version: 1.0',
      '',
      '--XX',
      'Content-Type: text/cloud-config',
      '',
      'packages: [git]',
      '--XX',
      'Content-Type: text/x-shellscript',
      '',
      '#!/bin/sh',
      'true',
      '--XX--',
      '',
    ].join('\n');
    assert.deepEqual(
      parts(arm(document).bytes).map(part => part.type),
      ['text/cloud-boothook', 'text/cloud-config', 'text/x-shellscript'],
    );
  });

  it('unpacks gzipped user data to go before them', () => {
    const found = parts(arm(gzipSync('#cloud-config\n{}\n')).bytes);
    assert.equal(found[1]?.body, '#cloud-config\n{}\n');
  });

  it('packs both when they would be too large, and stays away when even that does not help', () => {
    const long = `#!/bin/sh\n${'echo the same line again\n'.repeat(600)}`;
    const packed = arm(long);
    assert.ok(packed.bytes.length <= 16_384);
    assert.equal(parts(gunzipSync(packed.bytes))[1]?.body, long);
    const random = gzipSync(`#!/bin/sh\n# ${randomBytes(15_800).toString('base64')}\n`);
    assert.ok(random.length <= 16_384);
    const refused = arm(random);
    assert.ok(refused.bytes.equals(random));
    assert.equal(refused.shutdown, 'stop');
    assert.match(refused.unarmed ?? '', /no room/);
  });

  it('stays away from systems that read user data in a way of their own, and would not boot', () => {
    for (const Name of [
      'bottlerocket-aws-k8s-1.30-x86_64',
      'Flatcar-stable-3815.2.0-hvm',
      'fedora-coreos-40',
      'talos-v1.7',
    ]) {
      const armed = armDeadManSwitch(undefined, {}, { Name }, false);
      assert.deepEqual([armed.userData, armed.shutdown], [undefined, 'stop']);
      assert.match(armed.unarmed ?? '', /no cloud-init/);
    }
  });

  it('leaves alone what is not for cloud-init', () => {
    for (const text of ['{"ignition":{"version":"3.3.0"}}', '<powershell>\n</powershell>', '[settings]\nx = 1\n']) {
      const armed = arm(text);
      assert.equal(armed.bytes.toString(), text);
      assert.equal(armed.shutdown, 'stop');
      assert.match(armed.unarmed ?? '', /cloud-init/);
    }
    assert.equal(arm(Buffer.from([0x1f, 0x8b, 1, 2, 3])).shutdown, 'stop');
  });
});
