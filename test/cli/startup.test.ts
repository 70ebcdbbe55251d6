import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { tempFolders } from '../helpers/temp-folder.ts';

const BUILT = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** Tells at exit which modules were asked for, and which kinds of handles there were. */
const SPY = `
const Module = require('node:module');
const { createHook } = require('node:async_hooks');
const modules = new Set();
const handles = new Set();
const load = Module._load;
Module._load = function (request, ...rest) {
  modules.add(request);
  return load.call(this, request, ...rest);
};
createHook({ init: (_id, type) => void handles.add(type) }).enable();
process.on('exit', () =>
  require('node:fs').writeFileSync(process.env.SPY_FILE, JSON.stringify({ modules: [...modules], handles: [...handles] })),
);
`;

const TEMPLATE = {
  builders: [
    {
      type: 'amazon-ebs',
      region: 'us-east-1',
      source_ami: 'ami-12345678',
      instance_type: 't3.micro',
      ssh_username: 'ubuntu',
      ami_name: 'web-{{timestamp}}',
      temporary_security_group_source_public_ip: true,
    },
  ],
  provisioners: [{ type: 'shell', inline: ['true'] }],
  'post-processors': ['manifest'],
};

/** Built-in modules that the commands of every commit do without. */
const HEAVY =
  /^(?:node:)?(?:crypto|child_process|cluster|dgram|dns|http2?|https|inspector|net|readline|repl|tls|worker_threads|zlib)(?:\/|$)/;
const SOCKETS = /^(?:TCP|PIPECONNECT|UDP|GETADDRINFO|QUERY|TLS|HTTP)/;

describe('start-up of the commands that run on every commit', () => {
  const folder = tempFolders();

  function spyOn(args: readonly string[]): {
    readonly modules: readonly string[];
    readonly handles: readonly string[];
  } {
    const dir = folder();
    writeFileSync(join(dir, 'spy.cjs'), SPY);
    writeFileSync(join(dir, 't.json'), JSON.stringify(TEMPLATE));
    const result = spawnSync(process.execPath, ['--require', join(dir, 'spy.cjs'), BUILT, ...args], {
      cwd: dir,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: dir, SPY_FILE: join(dir, 'spy.json') },
    });
    assert.equal(result.status, 0, result.stderr);
    return JSON.parse(readFileSync(join(dir, 'spy.json'), 'utf8'));
  }

  for (const args of [
    ['version'],
    ['validate', 't.json'],
    ['inspect', 't.json'],
    ['fix', 't.json'],
    ['fmt', 't.json'],
  ]) {
    it(`kiln ${args[0]} loads neither packages nor heavy built-in modules, and opens no socket`, function () {
      if (!existsSync(BUILT)) return this.skip();
      const { modules, handles } = spyOn(args);
      assert.ok(modules.some(one => one.endsWith('bin.js')));
      assert.deepEqual(
        modules.filter(one => HEAVY.test(one)),
        [],
      );
      const own = modules.filter(one => !one.startsWith('.') && !one.startsWith('/') && !one.startsWith('node:'));
      assert.deepEqual(
        own.filter(one => !['fs', 'path', 'os', 'util'].includes(one)),
        [],
      );
      // What they need lies in the two packs; a file of its own means that a pack's list is out of date.
      assert.deepEqual(
        modules.filter(one => one.includes('chunks/')),
        [],
      );
      assert.deepEqual(
        handles.filter(one => SOCKETS.test(one)),
        [],
      );
    });
  }
});
