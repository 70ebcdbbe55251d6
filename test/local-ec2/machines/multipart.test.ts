import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'mocha';
import { armDeadManSwitch } from '../../../src/aws/launch/dead-man.ts';
import { POWER_SCRIPT } from '../../../src/local-ec2/machines/boot-script.ts';
import { documentParts } from '../../../src/local-ec2/machines/guest/multipart.ts';

const texts = (document: string | Buffer): string[] => documentParts(Buffer.from(document)).map(String);

describe('user data of several parts', () => {
  it('are one part when they are no MIME document', () => {
    for (const text of ['#!/bin/sh\necho a: b\n\nrest\n', '#cloud-config\nkey: value\n\nother: 1\n', ''])
      assert.deepEqual(texts(text), [text]);
  });

  it('are taken apart, whatever the line ends, encodings and nesting', () => {
    const inner = 'Content-Type: multipart/mixed; boundary=in\n\n--in\n\n#!/bin/sh\ntwo\n--in--\n';
    const document = [
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed;',
      ' boundary="==out=="',
      '',
      'a preamble',
      '--==out==',
      'Content-Type: text/x-shellscript',
      '',
      '#!/bin/sh\none\n',
      '--==out==',
      'Content-Transfer-Encoding: base64',
      'Content-Type: text/plain',
      '',
      Buffer.from('#cloud-config\n{}\n').toString('base64'),
      '--==out==',
      inner,
      '--==out==--',
      'an epilogue',
    ].join('\n');
    assert.deepEqual(texts(document), ['#!/bin/sh\none\n', '#cloud-config\n{}\n', '#!/bin/sh\ntwo']);
    assert.deepEqual(texts(document.replaceAll('\n', '\r\n')).length, 3);
  });

  it('of the dead-man switch come out as the user wrote them', () => {
    const users = '#!/bin/bash\necho "hällo"\n';
    const { userData = '' } = armDeadManSwitch(Buffer.from(users).toString('base64'), {}, {}, false);
    const [own = '', theirs] = texts(Buffer.from(userData, 'base64'));
    assert.match(own, /^#cloud-boothook\n#!\/bin\/sh\n[\s\S]*exit 0$/);
    assert.equal(theirs, users);
  });
});

describe('shutdown of machines without an init system', () => {
  /** What the script would do to process 1, in a shell where kill and sleep only tell. */
  const told = (args: string): string => {
    const script = `kill() { echo "kill $*"; }; sleep() { echo "sleep $*"; }\n${POWER_SCRIPT.replaceAll('</dev/null >/dev/null 2>&1 &', '')}`;
    return spawnSync('sh', ['-c', script, 'shutdown', ...args.split(' ').filter(Boolean)], { encoding: 'utf8' }).stdout;
  };

  it('waits when it is to, and does not otherwise', () => {
    assert.equal(told('-P +360'), 'sleep 21600\nkill -s USR2 1\n');
    assert.equal(told('+5 going down'), 'sleep 300\nkill -s USR2 1\n');
    for (const now of ['', '-h now', '-P +0']) assert.equal(told(now), 'kill -s USR2 1\n');
    assert.equal(told('-r now'), 'kill -s TERM 1\n');
    assert.equal(told('-c'), '');
  });
});
