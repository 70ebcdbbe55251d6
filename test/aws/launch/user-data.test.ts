import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { encodedUserData } from '../../../src/aws/launch/user-data.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const encode = (data: string | Buffer): string => Buffer.from(data).toString('base64');

describe('user data', () => {
  const folder = tempFolders();

  it('are encoded, unless they are base64 already', async () => {
    assert.equal(await encodedUserData({}), undefined);
    assert.equal(await encodedUserData({ user_data: '#!/bin/sh\n' }), encode('#!/bin/sh\n'));
    assert.equal(await encodedUserData({ user_data: encode('#!/bin/sh\n') }), encode('#!/bin/sh\n'));
  });

  it('come from a file, binary as it may be, or in lines of base64', async () => {
    const path = join(folder(), 'data');
    const gzipped = Buffer.from([0x1f, 0x8b, 0, 255, 128]);
    writeFileSync(path, gzipped);
    assert.equal(await encodedUserData({ user_data_file: path }), encode(gzipped));
    writeFileSync(
      path,
      `${encode('x'.repeat(100))
        .match(/.{1,76}/g)
        ?.join('\n')}\n`,
    );
    assert.equal(await encodedUserData({ user_data_file: path }), encode('x'.repeat(100)));
    await assert.rejects(
      encodedUserData({ user_data_file: join(folder(), 'none') }),
      /user_data_file: ".*" does not exist/,
    );
  });

  it('that EC2 would refuse for their size are refused before anything is made', async () => {
    const most = randomBytes(16_384);
    assert.equal(await encodedUserData({ user_data: encode(most) }), encode(most));
    await assert.rejects(encodedUserData({ user_data: encode(randomBytes(16_385)) }), /16385 bytes; EC2 takes 16384/);
    await assert.rejects(encodedUserData({ user_data: 'ä'.repeat(8193) }), /16386 bytes/);
  });
});
