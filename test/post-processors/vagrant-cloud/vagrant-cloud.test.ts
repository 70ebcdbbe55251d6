import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { plugin as vagrant } from '../../../post-processors/vagrant/index.ts';
import { readBoxMetadata } from '../../../post-processors/vagrant-cloud/box.ts';
import { plugin } from '../../../post-processors/vagrant-cloud/index.ts';
import type { VagrantCloudOptions } from '../../../post-processors/vagrant-cloud/schema.ts';
import type { Artifact } from '../../../src/sdk/artifact.ts';
import { artifactOf, postProcess, prepareContext } from '../../helpers/post-process.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

interface Seen {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** A registry of one box, `me/web`, that answers as the Vagrant Cloud API documents it and remembers what it was asked. */
class Registry {
  readonly seen: Seen[] = [];
  readonly versions: { version: string; status: string }[] = [];
  /** A request line to refuse. */
  refuse = '';
  #server: Server | undefined;

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      void bodyOf(request).then(body => {
        const line = `${request.method} ${request.url}`;
        this.seen.push({ line, authorization: request.headers.authorization, body });
        const [status, answer] = this.#answer(line, `http://${request.headers.host}`);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    this.#server = server;
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`;
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  #answer(line: string, host: string): readonly [number, unknown] {
    if (line === this.refuse) return [422, { errors: ['has already been taken'], success: false }];
    if (line === 'GET /api/v2/box/me/web') return [200, { tag: 'me/web', versions: this.versions }];
    if (line.startsWith('GET /api/v2/box/')) {
      const upload = { upload_path: `${host}/storage?signed=1`, callback: `${host}/api/v2/done` };
      return line.includes('/upload') ? [200, upload] : [404, { errors: ['Resource not found!'] }];
    }
    return [200, {}];
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

describe('post-processor vagrant-cloud', () => {
  const folder = tempFolders();
  let registry = new Registry();
  afterEach(() => {
    registry.stop();
    registry = new Registry();
  });

  async function box(root: string): Promise<Artifact> {
    const artifact = artifactOf([], { builderId: 'mitchellh.amazonebs', id: 'eu-west-1:ami-1' });
    const made = await postProcess(vagrant, { output: join(root, 'x.box'), architecture: 'arm64' }, { artifact });
    return made.artifact!;
  }

  const base = (url: string): VagrantCloudOptions => ({
    box_tag: 'me/web',
    version: '1.2.3',
    access_token: 'secret',
    vagrant_cloud_url: url,
  });

  const lines = (): string[] => registry.seen.map(one => one.line);
  const PROVIDER = '/api/v2/box/me/web/version/1.2.3/provider/aws/arm64';

  it('makes version and provider, uploads the box straight to the storage, releases', async () => {
    const url = await registry.start();
    const artifact = await box(folder());
    const result = await postProcess(
      plugin,
      { ...base(url), version_description: 'new', default_architecture: 'arm64', box_checksum: 'sha256:abc' },
      { artifact },
    );
    assert.deepEqual(lines(), [
      'GET /api/v2/box/me/web',
      'POST /api/v2/box/me/web/versions',
      'POST /api/v2/box/me/web/version/1.2.3/providers',
      `GET ${PROVIDER}/upload/direct`,
      'PUT /storage?signed=1',
      'PUT /api/v2/done',
      'PUT /api/v2/box/me/web/version/1.2.3/release',
    ]);
    assert.deepEqual(JSON.parse(String(registry.seen[1]?.body)), { version: { version: '1.2.3', description: 'new' } });
    assert.deepEqual(JSON.parse(String(registry.seen[2]?.body)), {
      provider: {
        name: 'aws',
        architecture: 'arm64',
        default_architecture: true,
        checksum_type: 'sha256',
        checksum: 'abc',
      },
    });
    for (const { line, authorization } of registry.seen)
      assert.equal(authorization, line.includes('/storage') ? undefined : 'Bearer secret');
    const { readFileSync } = await import('node:fs');
    assert.ok(registry.seen[4]?.body.equals(readFileSync(artifact.files[0]!)));
    assert.equal(result.artifact?.description, "'aws': me/web");
    assert.deepEqual([result.keepInput, result.forceKeepInput], [true, false]);
  });

  it('with a download address uploads nothing; a version that is there and released stays so', async () => {
    const url = await registry.start();
    registry.versions.push({ version: '1.2.3', status: 'active' });
    await postProcess(
      plugin,
      { ...base(url), box_download_url: 'https://x/{{ .Provider }}/{{ .Architecture }}/{{ .ArtifactId }}' },
      { artifact: await box(folder()) },
    );
    assert.deepEqual(lines(), ['GET /api/v2/box/me/web', 'POST /api/v2/box/me/web/version/1.2.3/providers']);
    assert.equal(JSON.parse(String(registry.seen[1]?.body)).provider.url, 'https://x/aws/arm64/aws');
  });

  it('uploads through the API and does not release when told so', async () => {
    const url = await registry.start();
    await postProcess(
      plugin,
      { ...base(url), no_direct_upload: true, no_release: true },
      { artifact: await box(folder()) },
    );
    assert.deepEqual(lines().slice(3), [`GET ${PROVIDER}/upload`, 'PUT /storage?signed=1']);
  });

  it('says what the registry refused, and removes what it made', async () => {
    const url = await registry.start();
    registry.refuse = 'PUT /storage?signed=1';
    await assert.rejects(
      postProcess(plugin, base(url), { artifact: await box(folder()) }),
      /the Vagrant registry refused PUT 127\.0\.0\.1:\d+ \(HTTP 422\): has already been taken/,
    );
    assert.deepEqual(lines().slice(5), [`DELETE ${PROVIDER}`, 'DELETE /api/v2/box/me/web/version/1.2.3']);
  });

  it('says when the box is unknown, the registry away, or the artifact no box', async () => {
    const url = await registry.start();
    const artifact = await box(folder());
    await assert.rejects(
      postProcess(plugin, { ...base(url), box_tag: 'me/other' }, { artifact }),
      /there is no box "me\/other"/,
    );
    registry.stop();
    await assert.rejects(postProcess(plugin, base(url), { artifact }), /127\.0\.0\.1:\d+ could not be reached: /);
    await assert.rejects(postProcess(plugin, base(url), { artifact: artifactOf(['x.box']) }), /not packer\.file/);
    await assert.rejects(
      postProcess(plugin, base(url), { artifact: { ...artifact, files: ['x.zip'] } }),
      /needs a \.box file .* not "x\.zip"/,
    );
  });

  it('finds the metadata in a large box, zipped or not, and says when there is none', async () => {
    const root = folder();
    const disk = join(root, 'a-disk');
    writeFileSync(disk, randomBytes(3_000_001));
    const { signal } = new AbortController();
    for (const level of [0, 1]) {
      const output = join(root, 'x.box');
      const options = { output, include: [disk], compression_level: level, architecture: 'amd64' };
      const artifact = artifactOf([], { builderId: 'mitchellh.amazonebs', id: 'eu-west-1:ami-1' });
      await postProcess(vagrant, options, { artifact });
      assert.deepEqual(await readBoxMetadata(output, signal), { provider: 'aws', architecture: 'amd64' });
    }
    await assert.rejects(readBoxMetadata(disk, signal), /holds no metadata\.json|could not be read/);
    await assert.rejects(readBoxMetadata(join(root, 'gone'), signal), /could not be read/);
  });

  it('checks token, address and checksum before anything runs', async () => {
    const saved = { ...process.env };
    delete process.env['VAGRANT_CLOUD_TOKEN'];
    delete process.env['ATLAS_TOKEN'];
    try {
      const context = prepareContext();
      await plugin.prepare({ box_tag: 'a/b', version: '1', box_checksum: 'abc' }, context);
      await plugin.prepare({ box_tag: 'a/b', version: '1', vagrant_cloud_url: 'ftp://x' }, context);
      assert.deepEqual(
        context.complaints.map(one => `${one.path} ${one.code}`),
        ['access_token missing-option', 'box_checksum bad-value', 'vagrant_cloud_url bad-value'],
      );
      process.env['ATLAS_TOKEN'] = 't';
      const second = prepareContext();
      await plugin.prepare({ box_tag: 'a/b', version: '1' }, second);
      assert.deepEqual(second.complaints, []);
    } finally {
      process.env = saved;
    }
  });
});
