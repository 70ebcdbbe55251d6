import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, it } from 'mocha';
import { plugin } from '../../../post-processors/vagrant/index.ts';
import { hostArchitecture } from '../../../post-processors/vagrant/providers.ts';
import type { VagrantOptions } from '../../../post-processors/vagrant/schema.ts';
import { artifactOf, postProcess, prepareContext, type Ran } from '../../helpers/post-process.ts';
import { readTar } from '../../helpers/tar.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

const AMI = artifactOf([], { builderId: 'mitchellh.amazonebs', id: 'us-east-1:ami-2,eu-west-1:ami-1' });

describe('post-processor vagrant', () => {
  const folder = tempFolders();
  const make = (options: VagrantOptions, artifact = AMI): Promise<Ran> => postProcess(plugin, options, { artifact });

  function box(path: string): Record<string, string> {
    const bytes = readFileSync(path);
    const tar = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
    return Object.fromEntries(readTar(tar).map(member => [member.name, member.content.toString()]));
  }

  it('makes an aws box that points at the images of all regions', async () => {
    const root = folder();
    const output = join(root, 'out', '{{ .BuildName }}_{{ .Provider }}_{{ .Architecture }}_{{ .ArtifactId }}.box');
    const result = await make({ output, architecture: 'amd64' });
    const path = join(root, 'out', 'web_aws_amd64_us-east-1:ami-2,eu-west-1:ami-1.box');
    assert.deepEqual(result.artifact?.files, [path]);
    assert.equal(result.artifact.id, 'aws');
    assert.equal(result.artifact.builderId, 'mitchellh.post-processor.vagrant');
    assert.equal(result.artifact.description, `'aws' provider box: ${path}`);
    assert.deepEqual([result.keepInput, result.forceKeepInput], [true, true]);
    const members = box(path);
    assert.deepEqual(Object.keys(members), ['Vagrantfile', 'metadata.json']);
    assert.equal(members['metadata.json'], '{"architecture":"amd64","provider":"aws"}\n');
    const [first, second] = [...members['Vagrantfile']!.matchAll(/^ +aws\.region_config (.*)$/gm)];
    assert.equal(first?.[1], '"eu-west-1", ami: "ami-1"');
    assert.equal(second?.[1], '"us-east-1", ami: "ami-2"');
    assert.match(
      members['Vagrantfile']!,
      /^\n#.*\nVagrant\.configure\("2"\) do \|config\|\n {2}config\.vm\.provider "aws" do/,
    );
  });

  it('adds included files and the rendered Vagrantfile template, members sorted by bytes', async () => {
    const root = folder();
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a', 'zeta'), 'Z');
    writeFileSync(join(root, 'Alpha'), 'A');
    writeFileSync(join(root, 'template'), '# box of {{ .BuildName }} for {{ .Provider }}: {{ .ArtifactId }}\n');
    const output = join(root, 'x.box');
    await make({
      output,
      include: [join(root, 'a', 'zeta'), join(root, 'Alpha')],
      vagrantfile_template: join(root, 'template'),
    });
    const members = box(output);
    assert.deepEqual(Object.keys(members), ['Alpha', 'Vagrantfile', 'metadata.json', 'zeta']);
    assert.ok(members['Vagrantfile']!.endsWith(`# box of web for aws: ${AMI.id}\n`));
    assert.equal(members['metadata.json'], `{"architecture":"${hostArchitecture()}","provider":"aws"}\n`);
  });

  it('lets an included metadata.json win, but not an included Vagrantfile', async () => {
    const root = folder();
    for (const name of ['metadata.json', 'Vagrantfile']) writeFileSync(join(root, name), `own ${name}`);
    await make({ output: join(root, 'x.box'), include: [join(root, 'metadata.json'), join(root, 'Vagrantfile')] });
    const members = box(join(root, 'x.box'));
    assert.equal(members['metadata.json'], 'own metadata.json');
    assert.match(members['Vagrantfile']!, /aws\.region_config/);
  });

  it('obeys the level, 0 being a plain tar, and the override of its provider only', async () => {
    const root = folder();
    await make({ output: join(root, 'plain.box'), compression_level: 0 });
    assert.equal(readFileSync(join(root, 'plain.box')).toString('latin1', 257, 262), 'ustar');
    await make({
      output: join(root, 'unused.box'),
      compression_level: 9,
      override: {
        aws: { output: join(root, '{{ .Provider }}.box'), compression_level: 0 },
        docker: { output: join(root, 'wrong.box') },
      },
    });
    assert.equal(readFileSync(join(root, 'aws.box')).toString('latin1', 257, 262), 'ustar');
    assert.deepEqual(readdirSync(root).sort(), ['aws.box', 'plain.box']);
  });

  it('puts the files of a file artifact into a box for "file", which does not keep them', async () => {
    const root = folder();
    writeFileSync(join(root, 'disk.raw'), 'data');
    const result = await make({ output: join(root, 'x.box') }, artifactOf([join(root, 'disk.raw')]));
    assert.deepEqual([result.keepInput, result.forceKeepInput], [false, true]);
    assert.equal(box(join(root, 'x.box'))['disk.raw'], 'data');
  });

  it('keeps what an id holds from becoming Ruby code', async () => {
    const root = folder();
    const nasty = 'x"; system("#{`id`}") #\\';
    await make({ output: join(root, 'x.box'), provider_override: 'docker' }, artifactOf([], { id: nasty }));
    assert.match(
      box(join(root, 'x.box'))['Vagrantfile']!,
      /docker\.image = "x\\"; system\(\\"\\#\{`id`\}\\"\) \\#\\\\"\n/,
    );
  });

  for (const [what, parts, complaint] of [
    [
      'a builder without a provider',
      { builderId: 'mitchellh.amazon.chroot' },
      /Unknown artifact type, can't build box: mitchellh\.amazon\.chroot/,
    ],
    ['an unknown id', { builderId: 'mitchellh.amazonebs', id: 'ami-1' }, /Poorly formatted artifact ID: "ami-1"/],
    ['an empty id', { builderId: 'mitchellh.amazonebs', id: '' }, /Poorly formatted artifact ID/],
    [
      'a provider kiln cannot serve',
      { builderId: 'mitchellh.virtualbox' },
      /cannot make Vagrant boxes for the provider "virtualbox"/,
    ],
  ] as const)
    it(`refuses ${what}, leaving nothing`, async () => {
      const root = folder();
      await assert.rejects(make({ output: join(root, 'x.box') }, artifactOf([], parts)), complaint);
      assert.deepEqual(readdirSync(root), []);
    });

  it('says which included file or template is missing', async () => {
    const root = folder();
    await assert.rejects(make({ output: join(root, 'x.box'), include: [join(root, 'gone')] }), /gone" does not exist/);
    await assert.rejects(
      make({
        output: join(root, 'x.box'),
        vagrantfile_template: join(root, 'gone'),
        vagrantfile_template_generated: true,
      }),
      /the Vagrantfile template ".*gone" does not exist/,
    );
    assert.deepEqual(readdirSync(root), []);
  });

  it('checks levels, templates and providers before anything runs, in overrides too', async () => {
    const context = prepareContext();
    await plugin.prepare(
      {
        compression_level: 10,
        vagrantfile_template: '/no/such/file',
        provider_override: 'virtualbox',
        override: { aws: { compression_level: -2 }, amazon: { vagrantfile_template: '/no/such/file' } },
      },
      context,
    );
    assert.deepEqual(
      context.complaints.map(one => `${one.severity} ${one.path} ${one.code}`),
      [
        'error compression_level out-of-range',
        'warning provider_override unsupported-provider',
        'error vagrantfile_template missing-file',
        'error override.aws.compression_level out-of-range',
        'warning override.amazon unknown-provider',
        'error override.amazon.vagrantfile_template missing-file',
      ],
    );
  });
});
