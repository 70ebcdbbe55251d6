import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { catalog } from '../../src/catalog.ts';
import { type Plans, planBuilds } from '../../src/engine/plan.ts';
import { loadJsonTemplate } from '../../src/template/json/load.ts';

/** Plans a template as `validate` does, or as `build` does. */
async function plan(document: object, mustRun = false): Promise<Plans> {
  const source = { path: 't.json', text: JSON.stringify(document) };
  const { template, diagnostics } = await loadJsonTemplate(source, {
    vars: [],
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: {},
    cwd: process.cwd(),
    startedAt: new Date(0),
  });
  assert.deepEqual(diagnostics, []);
  assert.ok(template);
  return planBuilds(template, catalog, { force: false, debug: false, onError: 'cleanup', local: false, mustRun });
}

const errors = ({ diagnostics }: Plans): string[] =>
  diagnostics.filter(one => one.severity === 'error').map(one => `${one.component}: ${one.code}: ${one.message}`);

const nothing = { type: 'null', communicator: 'none' };
const ebs = {
  type: 'amazon-ebs',
  region: 'us-east-1',
  source_ami: 'ami-12345678',
  instance_type: 't3.micro',
  ssh_username: 'ubuntu',
  ami_name: 'web',
  temporary_security_group_source_public_ip: true,
};

describe('planBuilds', () => {
  const twoBuilds = [
    { ...nothing, name: 'a' },
    { ...nothing, name: 'b' },
  ];

  it('prepares a provisioner once for all builds when it does not depend on the build', async () => {
    const { builds } = await plan({ builders: twoBuilds, provisioners: [{ type: 'shell-local', inline: ['x'] }] });
    assert.equal(builds.length, 2);
    assert.ok(builds[0]?.provisioners[0]);
    assert.equal(builds[0].provisioners[0], builds[1]?.provisioners[0]);
  });

  it('prepares it for each build when its text names the build', async () => {
    const one = { type: 'shell-local', inline: ['x'], environment_vars: ['A={{build_name}}'] };
    const { builds } = await plan({ builders: twoBuilds, provisioners: [one] });
    assert.notEqual(builds[0]?.provisioners[0], builds[1]?.provisioners[0]);
  });

  it('prepares it for each build when it has an override', async () => {
    const one = { type: 'shell-local', inline: ['x'], override: { b: { inline: ['y'] } } };
    const { builds } = await plan({ builders: twoBuilds, provisioners: [one] });
    assert.notEqual(builds[0]?.provisioners[0], builds[1]?.provisioners[0]);
  });

  it('fails every build that has a broken provisioner, and says so once', async () => {
    for (const component of [
      { provisioners: [{ type: 'shell-local' }] },
      { 'error-cleanup-provisioner': { type: 'shell-local' } },
    ]) {
      const plans = await plan({ builders: twoBuilds, ...component });
      assert.deepEqual(
        plans.failed.map(one => one.name),
        ['a', 'b'],
      );
      assert.equal(errors(plans).length, 1);
    }
  });

  it('fails every build that has a broken post-processor, and no other', async () => {
    const postProcessors = [[{ type: 'checksum', checksum_types: ['md6'], only: ['b'] }]];
    const plans = await plan({ builders: twoBuilds, 'post-processors': postProcessors });
    assert.deepEqual(
      plans.failed.map(one => one.name),
      ['b'],
    );
  });

  it('says once what is missing to log in', async () => {
    const { ssh_username: _, ...without } = ebs;
    const found = errors(await plan({ builders: [without] }));
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', /builder amazon-ebs: missing-option: "ssh_username"/);
  });

  it('complains about a text that cannot be rendered, and then not about its value', async () => {
    assert.deepEqual(errors(await plan({ builders: [{ ...ebs, ami_name: '{{isotime | clean_ami_name}}' }] })), [
      'builder amazon-ebs: bad-template: the function "clean_ami_name" is not defined',
    ]);
  });

  it('points at the values of variables where they matter to what cannot be rendered, and only there', async () => {
    const found = async (ami_name: string) => {
      const { diagnostics } = await plan({ variables: { list: 'a' }, builders: [{ ...ebs, ami_name }] });
      const one = diagnostics.find(({ code }) => code === 'bad-template');
      assert.ok(one, ami_name);
      return one.notes?.map(({ message }) => message) ?? [];
    };
    assert.deepEqual(await found('{{index (user `list`) 7}}'), ['the value of "list" is given here']);
    assert.deepEqual(await found('{{user `list` | no_such_function}}'), []);
  });

  it('tells types that are not built in from misspelt ones', async () => {
    const plans = await plan({ builders: [{ type: 'docker' }, { type: 'amazon-esb' }] });
    const found = plans.diagnostics.map(one => `${one.component}: ${one.code}`);
    assert.deepEqual(found, ['builder docker: not-built-in', 'builder amazon-esb: unknown-type']);
    assert.match(plans.diagnostics[1]?.hint ?? '', /did you mean "amazon-ebs"\?/);
  });

  it('accepts what it cannot run in validate, and refuses it in build', async () => {
    const windows = { ...ebs, communicator: 'winrm', winrm_username: 'Administrator' };
    assert.deepEqual(errors(await plan({ builders: [windows] })), []);
    assert.match(errors(await plan({ builders: [windows] }, true)).join(), /cannot-run/);
    const inspected = { builders: [ebs], provisioners: [{ type: 'inspec', profile: '.' }] };
    assert.deepEqual(errors(await plan(inspected)), []);
    const { builds, diagnostics } = await plan(inspected, true);
    assert.equal(builds.length, 0);
    const refused = diagnostics.filter(one => one.code === 'cannot-run');
    assert.deepEqual(
      refused.map(one => one.message),
      ['kiln can validate the provisioner "inspec", but not run it yet'],
    );
    assert.match(refused[0]?.hint ?? '', /shell-local/);
  });
});
