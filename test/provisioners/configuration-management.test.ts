import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plugin as ansible } from '../../provisioners/ansible/index.ts';
import { plugin as ansibleLocal } from '../../provisioners/ansible-local/index.ts';
import { plugin as chefClient } from '../../provisioners/chef-client/index.ts';
import { plugin as chefSolo } from '../../provisioners/chef-solo/index.ts';
import { plugin as sbom } from '../../provisioners/hcp-sbom/index.ts';
import { plugin as inspec } from '../../provisioners/inspec/index.ts';
import { plugin as puppetMasterless } from '../../provisioners/puppet-masterless/index.ts';
import { plugin as puppetServer } from '../../provisioners/puppet-server/index.ts';
import { plugin as saltMasterless } from '../../provisioners/salt-masterless/index.ts';
import type { Communicator } from '../../src/sdk/communicator.ts';
import { type Bench, startBench } from '../communicators/helpers.ts';
import { tempFolders } from '../helpers/temp-folder.ts';
import { prepare, provision } from './helpers.ts';
import { standIn } from './stand-in.ts';

// The tools themselves need not be installed: stand-ins show what they are called with and what lies beside them.
describe('provisioners for configuration management', () => {
  const makeFolder = tempFolders();
  let bench: Bench;
  let communicator: Communicator;
  let here: string;
  let staging: string;
  beforeEach(async () => {
    bench = await startBench();
    communicator = await bench.connect();
    here = makeFolder();
    staging = join(bench.server.root, 'staging');
    for (const folder of ['roles/web/tasks', 'group_vars', 'modules/ntp', 'states', 'cookbooks/base'])
      mkdirSync(join(here, folder), { recursive: true });
    writeFileSync(join(here, 'site.yml'), '- hosts: all\n');
    writeFileSync(join(here, 'group_vars/all.yml'), 'x: 1\n');
    writeFileSync(join(here, 'roles/web/tasks/main.yml'), '[]\n');
    writeFileSync(join(here, 'requirements.yml'), 'roles: []\ncollections: []\n');
    writeFileSync(join(here, 'site.pp'), 'notice("x")\n');
    writeFileSync(join(here, 'modules/ntp/init.pp'), '');
    writeFileSync(join(here, 'states/top.sls'), '{}');
    writeFileSync(join(here, 'cookbooks/base/metadata.rb'), '');
    standIn(
      join(bench.server.root, 'bin'),
      'sudo',
      'while case "$1" in -*) true;; *) false;; esac; do shift; done; exec "$@"',
    );
  });
  afterEach(() => bench.close());
  const program = (name: string, body: string): void => standIn(join(bench.server.root, 'bin'), name, body);
  const commands = (): string[] =>
    bench.server.log.filter(line => line.startsWith('exec ')).map(line => line.slice('exec '.length));

  describe('ansible-local', () => {
    it('uploads everything, runs each playbook inside the machine, and cleans up', async () => {
      program('ansible-playbook', 'pwd; echo "$@"; find . -type f | sort');
      const ui = await provision(
        ansibleLocal,
        {
          playbook_file: join(here, 'site.yml'),
          group_vars: join(here, 'group_vars'),
          role_paths: [join(here, 'roles/web')],
          inventory_groups: ['web', 'db'],
          extra_arguments: ['--verbose'],
          staging_directory: staging,
          clean_staging_directory: true,
        },
        communicator,
      );
      assert.deepEqual(ui.text('stdout').trimEnd().split('\n'), [
        staging,
        `${staging}/site.yml --extra-vars packer_build_name=web packer_builder_type=amazon-ebs --verbose -c local -i ${staging}/packer-inventory`,
        './group_vars/all.yml',
        './packer-inventory',
        './roles/web/tasks/main.yml',
        './site.yml',
      ]);
      assert.ok(!existsSync(staging));
    });

    it('installs from Galaxy first, and names Ansible when it is missing', async () => {
      program('ansible-galaxy', 'echo galaxy "$@"');
      const options = {
        playbook_file: join(here, 'site.yml'),
        galaxy_file: join(here, 'requirements.yml'),
        galaxy_force_install: true,
        staging_directory: staging,
      };
      await assert.rejects(
        provision(ansibleLocal, { ...options, command: 'no-such-ansible' }, communicator),
        (error: Error & { hint?: string }) => {
          assert.equal(error.message, 'ansible-playbook ended with exit status 127');
          assert.match(error.hint ?? '', /install it in a shell provisioner/);
          return true;
        },
      );
      const galaxy = commands().filter(line => line.includes('ansible-galaxy'));
      assert.deepEqual(galaxy, [
        `cd ${staging} && ansible-galaxy install -r ${staging}/requirements.yml -p ${staging}/galaxy_roles -f`,
        `cd ${staging} && ansible-galaxy collection install -r ${staging}/requirements.yml -p ${staging}/galaxy_collections -f`,
      ]);
    });

    it('finds playbooks inside playbook_dir, and checks files when preparing', async () => {
      program('ansible-playbook', 'echo "$1"');
      const options = { playbook_dir: here, playbook_files: [join(here, 'site.yml')], staging_directory: staging };
      assert.equal((await provision(ansibleLocal, options, communicator)).text('stdout'), `${staging}/site.yml\n`);
      const { found } = await prepare(ansibleLocal, {
        playbook_file: join(here, 'sites.yml'),
        role_paths: ['/no/role'],
      });
      assert.deepEqual(
        found.map(one => one.path),
        ['playbook_file', 'role_paths.0'],
      );
    });
  });

  describe('ansible', () => {
    it('runs a playbook on this host with an inventory and the key of the build', async () => {
      const bin = join(here, 'bin');
      standIn(
        bin,
        'ansible-playbook',
        'while [ $# -gt 0 ]; do case $1 in -i) cat "$2"; echo "inventory $2" >&2;; ansible_ssh_private_key_file=*) cat "${1#*=}"; stat -c %a "${1#*=}";; esac; echo "arg $1"; shift; done; echo $EXTRA $ANSIBLE_HOST_KEY_CHECKING',
      );
      const before = process.env['PATH'];
      process.env['PATH'] = `${bin}${delimiter}${before}`;
      try {
        const ui = await provision(
          ansible,
          {
            playbook_file: join(here, 'site.yml'),
            groups: ['web'],
            empty_groups: ['none'],
            host_alias: 'box',
            extra_arguments: ['--extra-vars', 'ami={{ build "SourceAMI" }}'],
            ansible_env_vars: ['EXTRA=yes'],
            use_proxy: false,
          },
          communicator,
          {
            buildData: {
              Host: '10.0.0.1',
              Port: '2222',
              User: 'ubuntu',
              SSHPrivateKey: 'KEY TEXT',
              SourceAMI: 'ami-1',
            },
          },
        );
        const line = 'box ansible_host=10.0.0.1 ansible_user=ubuntu ansible_port=2222\n';
        const printed = ui.text('stdout');
        assert.ok(printed.includes(`${line}[web]\n${line}[none]\n`));
        assert.match(printed, /KEY TEXT\n600\n/);
        assert.match(
          printed,
          /arg -e\narg packer_build_name="web"\narg -e\narg packer_builder_type=amazon-ebs\narg --ssh-extra-args\narg '-o IdentitiesOnly=yes'\narg --extra-vars\narg ami=ami-1\n/,
        );
        assert.ok(printed.endsWith(`arg ${join(here, 'site.yml')}\nyes False\n`));
        const inventory = /inventory (.*)/.exec(ui.text('stderr'))?.[1] ?? '';
        assert.ok(inventory !== '' && !existsSync(inventory));
      } finally {
        process.env['PATH'] = before;
      }
    });

    it('says which command is missing, and that there is no proxy', async () => {
      await assert.rejects(
        provision(ansible, { playbook_file: join(here, 'site.yml'), command: 'no-such-ansible' }, communicator),
        /the command "no-such-ansible" was not found/,
      );
      const { found } = await prepare(ansible, { playbook_file: join(here, 'site.yml'), use_proxy: true });
      assert.deepEqual([found[0]?.severity, found[0]?.path], ['warning', 'use_proxy']);
    });
  });

  describe('puppet-masterless', () => {
    it('applies a manifest with modules and facts, and takes 2 for success', async () => {
      program('puppet', 'echo "$@"; env | grep FACTER_ | sort; exit 2');
      const ui = await provision(
        puppetMasterless,
        {
          manifest_file: join(here, 'site.pp'),
          module_paths: [join(here, 'modules')],
          facter: { role: 'web' },
          staging_directory: staging,
          extra_arguments: ['--verbose'],
        },
        communicator,
      );
      assert.deepEqual(ui.text('stdout').trimEnd().split('\n'), [
        `apply --detailed-exitcodes --modulepath=${staging}/module-0 --verbose ${staging}/manifests/site.pp`,
        'FACTER_packer_build_name=web',
        'FACTER_packer_builder_type=amazon-ebs',
        'FACTER_role=web',
      ]);
      program('puppet', 'exit 4');
      const options = { manifest_file: join(here, 'site.pp'), staging_directory: staging };
      await assert.rejects(provision(puppetMasterless, options, communicator), /puppet ended with exit status 4/);
      await provision(
        puppetMasterless,
        { ...options, ignore_exit_codes: true, clean_staging_directory: true },
        communicator,
      );
      assert.ok(!existsSync(staging));
    });
  });

  describe('chef-solo', () => {
    it('writes the configuration and the attributes, and runs chef-solo', async () => {
      program('chef-solo', 'cat "$3" "$5"');
      const ui = await provision(
        chefSolo,
        {
          cookbook_paths: [join(here, 'cookbooks')],
          remote_cookbook_paths: ['/srv/cookbooks'],
          roles_path: join(here, 'roles'),
          run_list: ['recipe[base]'],
          json: { a: { b: 1 } },
          skip_install: true,
          staging_directory: staging,
        },
        communicator,
      );
      assert.equal(
        ui.text('stdout'),
        `cookbook_path ["/srv/cookbooks","${staging}/cookbooks-0"]\nrole_path "${staging}/roles"\n` +
          '{\n  "a": {\n    "b": 1\n  },\n  "run_list": [\n    "recipe[base]"\n  ]\n}\n',
      );
      assert.equal(commands().at(-1), `sudo chef-solo --no-color -c ${staging}/solo.rb -j ${staging}/node.json`);
      assert.deepEqual(readdirSync(join(staging, 'cookbooks-0')), ['base']);
    });

    it('installs Chef first, and fails when that fails', async () => {
      program('chef-solo', 'exit 0');
      const options = {
        install_command: 'echo installing {{.Sudo}} {{.Version}}',
        version: '18',
        staging_directory: staging,
      };
      assert.equal((await provision(chefSolo, options, communicator)).text('stdout'), 'installing true 18\n');
      await assert.rejects(
        provision(chefSolo, { ...options, install_command: 'exit 7' }, communicator),
        /installing Chef failed with exit status 7/,
      );
    });
  });

  describe('salt-masterless', () => {
    it('puts the states in place and runs salt-call', async () => {
      program('salt-call', 'echo "$@"');
      const srv = join(bench.server.root, 'srv/salt');
      const ui = await provision(
        saltMasterless,
        {
          local_state_tree: join(here, 'states'),
          remote_state_tree: srv,
          temp_config_dir: staging,
          skip_bootstrap: true,
        },
        communicator,
      );
      assert.equal(ui.text('stdout'), `--local state.highstate --file-root=${srv} --retcode-passthrough -l info\n`);
      assert.equal(readFileSync(join(srv, 'top.sls'), 'utf8'), '{}');
      assert.equal(statSync(join(bench.server.root, 'srv')).mode & 0o002, 0, 'the parent stays closed to others');
      const { found } = await prepare(saltMasterless, { local_state_tree: '/no/states', formulas: ['x'] });
      assert.deepEqual(
        found.map(one => one.path),
        ['local_state_tree', 'formulas'],
      );
    });
  });

  describe('hcp-sbom', () => {
    it('fetches a document, checks it and keeps a copy', async () => {
      writeFileSync(join(bench.server.root, 'sbom.json'), '{"bomFormat":"CycloneDX","specVersion":"1.5"}');
      writeFileSync(join(bench.server.root, 'other.json'), '{"x":1}');
      await provision(sbom, { source: 'sbom.json', destination: join(here, 'out/sbom.json') }, communicator);
      assert.match(readFileSync(join(here, 'out/sbom.json'), 'utf8'), /CycloneDX/);
      assert.deepEqual(readdirSync(join(here, 'out')), ['sbom.json']);
      await assert.rejects(
        provision(sbom, { source: 'other.json', destination: join(here, 'out/other.json') }, communicator),
        /neither an SPDX nor a CycloneDX document/,
      );
      assert.deepEqual(readdirSync(join(here, 'out')), ['sbom.json']);
      assert.equal((await prepare(sbom, {})).found[0]?.code, 'missing-option');
      assert.equal((await prepare(sbom, { auto_generate: true })).found[0]?.code, 'not-built-in');
    });
  });

  it('say of themselves when kiln can only check them', () => {
    for (const plugin of [puppetServer, chefClient, inspec]) assert.match(plugin.cannotRun ?? '', /shell|chef-solo/);
  });
});
