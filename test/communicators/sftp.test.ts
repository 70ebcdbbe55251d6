import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import ssh2 from 'ssh2';
import { Connection } from '../../src/communicators/ssh/connection.ts';
import { Sftp } from '../../src/communicators/ssh/sftp.ts';
import { isConnectionFailure } from '../../src/sdk/scripts/connection-failure.ts';
import { type Bench, startBench } from './helpers.ts';

describe('requests of a file transfer', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  async function open(): Promise<{ connection: Connection; sftp: Sftp }> {
    bench = await startBench();
    const socket = connect(bench.server.port, '127.0.0.1');
    const client = new ssh2.Client();
    client.connect({ sock: socket, username: 'tester', privateKey: bench.key.privateKey });
    await once(client, 'ready');
    const connection = new Connection(client, socket, 'the machine', Buffer.alloc(0), undefined);
    return { connection, sftp: await Sftp.open(connection) };
  }

  it('end when the connection is lost, those under way and those that come later', async () => {
    const { connection, sftp } = await open();
    const handle = await sftp.openFile('file', 'w');
    const underWay = sftp.write('file', handle, Buffer.alloc(1000), 0);
    const failed = assert.rejects(underWay, isConnectionFailure);
    bench.server.dropAll();
    await connection.ended;
    await failed;
    assert.equal(sftp.open, false);
    await assert.rejects(sftp.write('file', handle, Buffer.alloc(1000), 1000), isConnectionFailure);
    await assert.rejects(sftp.stat('file'), isConnectionFailure);
    await assert.rejects(sftp.setMode('file', handle, 0o600), isConnectionFailure);
  });

  it('are a connection failure from the first moment, before the loss was told', async () => {
    const { connection } = await open();
    connection.drop('the cable was pulled');
    assert.equal(connection.open, false);
    await assert.rejects(Sftp.open(connection), isConnectionFailure);
  });
});
