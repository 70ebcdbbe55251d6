import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Diagnostic } from '../../../src/sdk/diagnostics.ts';
import type { SourceFile } from '../../../src/sdk/source.ts';
import { fixedText, fixerNames, fixerOfKey, fixTemplate, renderFixed } from '../../../src/template/fix/index.ts';
import { parseJson } from '../../../src/template/json/parse.ts';
import { readCorpus } from '../corpus.ts';

function fixed(document: unknown): unknown {
  const { root } = parseJson({ path: 't.json', text: JSON.stringify(document) });
  assert.ok(root);
  const result = fixTemplate(root);
  assert.ok(result.document, result.diagnostics.map(one => one.message).join());
  return JSON.parse(renderFixed(result.document));
}

function fixText(source: SourceFile): { text?: string; changed: boolean; diagnostics: readonly Diagnostic[] } {
  const { root, diagnostics } = parseJson(source);
  if (!root || diagnostics.length > 0) return { changed: false, diagnostics };
  const { document, ...rest } = fixTemplate(root);
  return { ...rest, ...(document && { text: fixedText(document) }) };
}

const fixedBuilder = (builder: unknown): unknown =>
  (fixed({ builders: [builder] }) as { builders: unknown[] }).builders[0];
const fixedProvisioner = (one: unknown): unknown =>
  (fixed({ provisioners: [one] }) as { provisioners: unknown[] }).provisioners[0];
const fixedPostProcessor = (one: unknown): unknown =>
  (fixed({ 'post-processors': [one] }) as { 'post-processors': unknown[] })['post-processors'][0];

/** What Packer 1.6.6 was seen to make of each (`packer fix -validate=false`). */
const BUILDERS: readonly (readonly [name: string, before: object, after: object])[] = [
  ['iso-md5', { type: 'x', iso_md5: 'q', iso_checksum: 'old' }, { type: 'x', iso_checksum: 'md5:q' }],
  ['iso-md5 no string', { type: 'x', iso_md5: 5 }, { type: 'x', iso_md5: 5 }],
  [
    'createtime',
    { type: 'x', ami_name: 'a {{.CreateTime}} {{  .CreateTime }}', b: '{{.CreateTime}}' },
    { type: 'x', ami_name: 'a {{timestamp}} {{timestamp}}', b: '{{.CreateTime}}' },
  ],
  [
    'virtualbox-gaattach, virtualbox-rename',
    { type: 'virtualbox', guest_additions_attach: false, guest_additions_mode: 'x' },
    { type: 'virtualbox-iso', guest_additions_mode: 'upload' },
  ],
  ['vmware-rename', { type: 'vmware' }, { type: 'vmware-iso' }],
  [
    'parallels-headless, parallels-deprecations',
    {
      type: 'parallels-iso',
      headless: 1,
      parallels_tools_host_path: 'x',
      guest_os_distribution: 'u',
      guest_os_type: 't',
    },
    { type: 'parallels-iso', guest_os_type: 'u' },
  ],
  ['sshkeypath', { type: 'x', ssh_key_path: 'k' }, { type: 'x', ssh_private_key_file: 'k' }],
  [
    'sshkeypath, new key there',
    { type: 'x', ssh_key_path: 'k', ssh_private_key_file: 'o' },
    { type: 'x', ssh_private_key_file: 'o' },
  ],
  ['sshdisableagent', { type: 'x', ssh_disable_agent: true }, { type: 'x', ssh_disable_agent_forwarding: true }],
  ['sshdisableagent no boolean', { type: 'x', ssh_disable_agent: 'true' }, { type: 'x', ssh_disable_agent: 'true' }],
  ['scaleway-access-key', { type: 'scaleway', access_key: 'k' }, { type: 'scaleway', organization_id: 'k' }],
  [
    'amazon-shutdown_behavior',
    { type: 'amazon-ebs', shutdown_behaviour: 5 },
    { type: 'amazon-ebs', shutdown_behavior: 5 },
  ],
  [
    'amazon-enhanced-networking',
    { type: 'amazon-ebs', enhanced_networking: true, ena_support: false },
    { type: 'amazon-ebs', ena_support: true },
  ],
  ['not amazon', { type: 'amazonx', enhanced_networking: true }, { type: 'amazonx', enhanced_networking: true }],
  [
    'amazon-private-ip',
    { type: 'amazon-ebs', ssh_private_ip: true },
    { type: 'amazon-ebs', ssh_interface: 'private_ip' },
  ],
  [
    'amazon-private-ip text',
    { type: 'amazon-ebs', ssh_private_ip: 'F' },
    { type: 'amazon-ebs', ssh_interface: 'public_ip' },
  ],
  [
    'amazon-private-ip, interface there',
    { type: 'amazon-ebs', ssh_private_ip: 'x', ssh_interface: 'y' },
    { type: 'amazon-ebs', ssh_private_ip: 'x', ssh_interface: 'y' },
  ],
  [
    'amazon-temp-sec-cidrs',
    { type: 'amazon-ebs', temporary_security_group_source_cidr: 'c', temporary_security_group_source_cidrs: ['x'] },
    { type: 'amazon-ebs', temporary_security_group_source_cidrs: ['c'] },
  ],
  ['spot-price-auto-product', { type: 'amazon-ebs', spot_price_auto_product: 'x' }, { type: 'amazon-ebs' }],
  [
    'vmware-compaction',
    { type: 'vmware', remote_type: 'esx5' },
    { type: 'vmware-iso', remote_type: 'esx5', disk_type_id: 'zeroedthick', skip_compaction: true },
  ],
  [
    'vmware-compaction thin',
    { type: 'vmware-iso', remote_type: 'esx5', disk_type_id: 'thin' },
    { type: 'vmware-iso', remote_type: 'esx5', disk_type_id: 'thin' },
  ],
  ['hyperv-deprecations', { type: 'hyperv-iso', vhd_temp_path: 'x' }, { type: 'hyperv-iso' }],
  [
    'hyperv-vmxc-typo',
    { type: 'hyperv-vmcx', clone_from_vmxc_path: 'p' },
    { type: 'hyperv-vmcx', clone_from_vmcx_path: 'p' },
  ],
  [
    'hyperv-cpu-and-ram',
    { type: 'hyperv-iso', cpu: 1, cpus: 3, ram_size: '2' },
    { type: 'hyperv-iso', cpus: 1, memory: '2' },
  ],
  [
    'clean-image-name',
    {
      type: 'x',
      a: '{{clean_ami_name}}',
      b: { c: 'clean_image_name', d: { e: 'clean_ami_name' } },
      f: ['clean_ami_name'],
    },
    {
      type: 'x',
      a: '{{clean_resource_name}}',
      b: { c: 'clean_resource_name', d: { e: 'clean_ami_name' } },
      f: ['clean_ami_name'],
    },
  ],
  ['qemu-disk-size', { type: 'qemu', disk_size: 5.5 }, { type: 'qemu', disk_size: '5M' }],
  ['qemu-disk-size text', { type: 'qemu', disk_size: '5' }, { type: 'qemu', disk_size: '5' }],
  [
    'comm-config',
    {
      type: 'virtualbox-ovf',
      ssh_host_port_min: 1,
      host_port_min: 3,
      ssh_host_port_max: '4',
      ssh_skip_nat_mapping: true,
    },
    { type: 'virtualbox-ovf', host_port_min: 3, host_port_max: '4', skip_nat_mapping: true },
  ],
  ['qemu-host-port', { type: 'qemu', ssh_host_port_min: 1, host_port_min: 5 }, { type: 'qemu', host_port_min: 1 }],
  ['ssh-wait-timeout', { type: 'x', ssh_wait_timeout: '5m' }, { type: 'x', ssh_timeout: '5m' }],
  [
    'ssh-wait-timeout, new key there',
    { type: 'x', ssh_wait_timeout: 5, ssh_timeout: '6m' },
    { type: 'x', ssh_timeout: '6m' },
  ],
  [
    'vsphere-iso-net-disk',
    {
      type: 'vsphere-iso',
      networkCard: 'c',
      network: 'n',
      network_adapters: [{ network: 'z' }],
      disk_size: 5,
      disk_eagerly_scrub: false,
    },
    {
      type: 'vsphere-iso',
      network_adapters: [{ network: 'n', network_card: 'c' }, { network: 'z' }],
      storage: [{ disk_size: 5, disk_eagerly_scrub: false }],
    },
  ],
  [
    'iso-checksum url',
    { type: 'x', iso_checksum_url: 'u', iso_checksum: 's', iso_checksum_type: 'sha1' },
    { type: 'x', iso_checksum: 'file:u' },
  ],
  [
    'iso-checksum type',
    { type: 'x', iso_checksum: 's', iso_checksum_type: 'sha1' },
    { type: 'x', iso_checksum: 'sha1:s' },
  ],
  ['iso-checksum none', { type: 'x', iso_checksum_type: 'none', iso_checksum: '' }, { type: 'x', iso_checksum: '' }],
  [
    'azure-exclude_from_latest',
    { type: 'azure-chroot', shared_image_destination: { exlude_from_latest: true, exclude_from_latest: false } },
    { type: 'azure-chroot', shared_image_destination: { exclude_from_latest: true } },
  ],
  ['proxmox-type', { type: 'proxmox' }, { type: 'proxmox-iso' }],
  ['nothing to fix', { type: 'null', communicator: 'none' }, { type: 'null', communicator: 'none' }],
];

const PROVISIONERS: readonly (readonly [name: string, before: object, after: object])[] = [
  [
    'virtualbox-rename in overrides',
    { type: 'shell', override: { virtualbox: { a: 1 }, vmware: {} } },
    { type: 'shell', override: { 'virtualbox-iso': { a: 1 }, vmware: {} } },
  ],
  [
    'powershell-escapes',
    { type: 'powershell', elevated_user: 'a`$b`"`````\'c', environment_vars: ['A=`$x', 'B=`n'] },
    { type: 'powershell', elevated_user: 'a$b"``\'c', environment_vars: ['A=$x', 'B=`n'] },
  ],
  ['galaxy-command', { type: 'ansible-local', galaxycommand: 'g' }, { type: 'ansible-local', galaxy_command: 'g' }],
  [
    'galaxy-command, new key there',
    { type: 'ansible-local', galaxycommand: 'g', galaxy_command: 'h' },
    { type: 'ansible-local', galaxy_command: 'h' },
  ],
];

const POST_PROCESSORS: readonly (readonly [name: string, before: unknown, after: unknown])[] = [
  [
    'pp-vagrant-override',
    { type: 'vagrant', aws: { x: 1 }, vmware: 5, override: { y: 2 } },
    { type: 'vagrant', override: { aws: { x: 1 }, vmware: 5 } },
  ],
  [
    'pp-vagrant-override, nothing to move',
    { type: 'vagrant', override: { y: 2 } },
    { type: 'vagrant', override: { y: 2 } },
  ],
  ['manifest-filename', { type: 'manifest', filename: 'f', output: 'o' }, { type: 'manifest', output: 'f' }],
  [
    'manifest-filename in a sequence',
    ['x', { type: 'manifest', filename: 'f' }],
    ['x', { type: 'manifest', output: 'f' }],
  ],
  ['docker-email', { type: 'docker-push', login_email: 'e' }, { type: 'docker-push' }],
  [
    'docker-tag-tags',
    { type: 'docker-tag', tag: 'a, b ,a', tags: ['c', 'a'] },
    { type: 'docker-tag', tags: ['a', 'b', 'c'] },
  ],
  ['docker-tag-tags, none', { type: 'docker-tag' }, { type: 'docker-tag', tags: [] }],
];

describe('template/fix', () => {
  for (const [name, before, after] of BUILDERS)
    it(`builder: ${name}`, () => assert.deepEqual(fixedBuilder(before), after));
  for (const [name, before, after] of PROVISIONERS)
    it(`provisioner: ${name}`, () => assert.deepEqual(fixedProvisioner(before), after));
  for (const [name, before, after] of POST_PROCESSORS)
    it(`post-processor: ${name}`, () => assert.deepEqual(fixedPostProcessor(before), after));

  it('removes login_email from builders only if there are post-processors', () => {
    const builders = [{ type: 'docker', login_email: 'e' }];
    assert.deepEqual(fixed({ builders }), { builders });
    assert.deepEqual(fixed({ builders, 'post-processors': [] }), {
      builders: [{ type: 'docker' }],
      'post-processors': [],
    });
  });

  it('writes builders: null where there are none, and a list around a single provisioner', () => {
    assert.deepEqual(fixed({ provisioners: { type: 'shell' } }), { builders: null, provisioners: [{ type: 'shell' }] });
  });

  it('leaves values of unexpected types alone', () => {
    const odd = {
      builders: [{ type: 5 }, {}, { type: 'vsphere-iso', network: 'n', network_adapters: 'x' }],
      provisioners: [5, null, ['x'], { type: 'shell', override: 5 }, { type: 'powershell', elevated_user: 5 }],
      'post-processors': [5, null, [['x']], {}],
    };
    assert.deepEqual(fixed(odd), odd);
  });

  it('keeps a member called __proto__', () => {
    const text = '{"builders":[{"__proto__":"clean_ami_name","type":"x"}]}';
    const { root } = parseJson({ path: 't.json', text });
    assert.ok(root);
    const { document } = fixTemplate(root);
    assert.ok(document);
    assert.match(renderFixed(document), /"__proto__": "clean_resource_name"/);
  });

  it('cannot fix an ssh_private_ip that is neither true nor false, nor builders that are no list of objects', () => {
    for (const text of [
      '{"builders": [{"type": "amazon-ebs", "ssh_private_ip": "maybe"}]}',
      '{"builders": {"type": "x"}}',
      '{"builders": ["x"]}',
      '{"post-processors": "x"}',
      '[]',
    ]) {
      const { text: result, diagnostics } = fixText({ path: 't.json', text });
      assert.equal(result, undefined);
      assert.equal(diagnostics.length, 1, text);
    }
  });

  it('prints sorted keys, two spaces, < and > as they are, & escaped, numbers as Go does, an empty line at the end', () => {
    const text =
      '{"b": [1.0, 1e21, 1e-7, -0.0, 1e20, []], "_c": "<a> & \\u2028\\u0001\\u007f\\ud800\\/\\\\u003c", "B": {}, "é": 1, "a": 2}';
    const { root } = parseJson({ path: 't.json', text });
    assert.ok(root);
    const { document } = fixTemplate(root);
    assert.ok(document);
    assert.equal(
      renderFixed(document),
      [
        '{',
        '  "B": {},',
        '  "_c": "<a> \\u0026 \\u2028\\u0001\u007f\ufffd/\\\\u003c",',
        '  "a": 2,',
        '  "b": [',
        '    1,',
        '    1e+21,',
        '    1e-7,',
        '    -0,',
        '    100000000000000000000,',
        '    []',
        '  ],',
        '  "builders": null,',
        '  "é": 1',
        '}',
        '',
        '',
      ].join('\n'),
    );
  });

  it('is stable: what is fixed needs no fixing', () => {
    for (const [name, before] of BUILDERS) {
      const once = fixText({ path: 't.json', text: JSON.stringify({ builders: [before] }) });
      assert.ok(once.text);
      const twice = fixText({ path: 't.json', text: once.text });
      assert.deepEqual({ text: twice.text, changed: twice.changed }, { text: once.text, changed: false }, name);
    }
  });

  it('has the 34 fixers of the reference in order, and knows the old names', () => {
    assert.equal(fixerNames.length, 34);
    assert.deepEqual([fixerNames[0], fixerNames.at(-1)], ['iso-md5', 'proxmox-type']);
    assert.equal(fixerOfKey('ssh_private_ip'), 'amazon-private-ip');
    assert.equal(fixerOfKey('region'), undefined);
  });

  it('gives the documents that Packer 1.6.6 gives for all templates of the corpus', function () {
    const corpus = readCorpus();
    if (!corpus) return this.skip();
    // Templates whose fixed documents differ, with the reason: there is none.
    const different: string[] = [];
    for (const entry of corpus) {
      const { text } = fixText({ path: entry.file, text: entry.text });
      assert.equal(text === undefined ? 1 : 0, entry.fix.exit, entry.file);
      if (text === undefined) continue;
      try {
        assert.deepEqual(JSON.parse(text), entry.fix.document);
      } catch {
        different.push(entry.file);
      }
    }
    assert.equal(corpus.length, 93);
    assert.deepEqual(different, []);
  });
});
