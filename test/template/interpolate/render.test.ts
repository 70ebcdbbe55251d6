import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createRenderer } from '../../../src/template/interpolate/index.ts';
import { environment, failure, renderer, run } from './engine.ts';

const table = (cases: readonly (readonly [string, string])[]): void => {
  for (const [text, expected] of cases)
    it(`${text} -> ${expected}`, () => assert.equal(renderer.render(text, run), expected));
};

describe('rendering', () => {
  describe('results observed with Packer', () => {
    table([
      ['{{ printf "%s-%03d" `x` 7 }}', 'x-007'],
      ['{{ print 1 2 "x" "y" 3 }}', '1 2xy3'],
      ['{{ slice "abcdef" 1 3 }}', 'bc'],
      ['{{ eq "a" "b" "a" }}', 'true'],
      ['{{ .Foo }}', '<no value>'],
      ['{{ .Foo.Bar }}', '<no value>'],
      ['a {{- " b " -}} c', 'a b c'],
      ['{{ urlquery "a b" }}', 'a+b'],
      ['{{ html "<a>" }}', '&lt;a&gt;'],
      ['{{ define "T" }}hi {{.}}{{ end }}{{ template "T" "x" }}', 'hi x'],
      ['{{ $x := user `b` }}{{ $x }}{{ $x }}', 'BB'],
      ['{{ with user `a` }}[{{.}}]{{ end }}', '[A]'],
      ["{{ 'a' }}", '97'],
      ['{{"{{"}} x {{"}}"}}', '{{ x }}'],
      ['{{`{{`}}', '{{'],
    ]);
  });

  describe('functions', () => {
    table([
      ['{{isotime}}', '2026-11-20T10:20:27Z'],
      ['{{isotime `20060102-150405`}}', '20261120-102027'],
      ['{{isotime `Jan-_2-03:04`}}', 'Nov-20-10:20'],
      ['{{isotime `Monday 2.1.06 .000 Z07:00 MST`}}', 'Friday 20.11.26 .890 Z UTC'],
      ['{{strftime `%Y-%m-%d %H:%M:%S`}}', '2026-11-20 10:20:27'],
      [
        '{{strftime `%A %a %B %b %I %L %p %y %Z %z %% %j %`}}',
        'Friday Fri November Nov 10 .890 AM 26 UTC +0000 % %j %',
      ],
      ['img-{{timestamp}}', 'img-1795170027'],
      ['{{`ABC` | lower}}', 'abc'],
      ['{{upper `abc`}}', 'ABC'],
      ['{{upper `straße`}}', 'STRAßE'],
      ['{{replace `a` `b` 1 `aaa`}}', 'baa'],
      ['{{`aaa` | replace `a` `b` -1}}', 'bbb'],
      ['{{replace_all `-` `/` `amazon-ebs`}}', 'amazon/ebs'],
      ['{{replace_all `$` `$&` `a$`}}', 'a$&'],
      ['{{split `a-b-c` `-` 1}}', 'b'],
      ['{{ `a:b*c` | clean_resource_name }}', 'a-b-c'],
      ['{{ clean_resource_name `é` }}', '--'],
      ['{{ (user `name`) | clean_resource_name }}', 'web-1'],
      ['{{build_name}}/{{build_type}}', 'web/amazon-ebs'],
      ['{{template_dir}}/x.sh', '/home/me/tpl/x.sh'],
      ['{{pwd}} {{packer_version}}', '/home/me 1.16.0'],
      ['{{ build `ID` }} {{ build "Host" }} {{ .SourceAMI }}', 'i-1 10.0.0.1 ami-1'],
      ['{{ user `unknown` }}|', '|'],
    ]);

    it('uuid: Unix seconds first, the rest random', () => {
      const [one, other] = renderer.render('{{uuid}} {{uuid}}', run).split(' ');
      assert.match(one!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.notEqual(one!.slice(9), other!.slice(9));
      assert.ok(Math.abs(Number.parseInt(one!.slice(0, 8), 16) - Date.now() / 1000) < 60);
    });
  });

  describe('phases', () => {
    const data = { ID: 'placeholder', WinRMPassword: 'placeholder' };

    it('prepare: build gives the text for the run-time rendering, fields their placeholder', () => {
      const scope = { phase: 'prepare', buildName: 'web', data } as const;
      assert.equal(renderer.render('{{ build `ID` }} {{ .ID }} {{ .Nope }}', scope), '{{.ID}} placeholder <no value>');
      assert.equal(renderer.render('{{.WinRMPassword}}', scope), '{{.WinRMPassword}}');
      assert.deepEqual(failure('{{ build `Id` }}', scope), {
        message: 'the builder supplies no build value "Id"',
        hint: 'did you mean "ID"?',
        part: 'build `Id`',
      });
    });

    it('builder options have no build values', () => {
      assert.match(failure('{{ build `ID` }}', { phase: 'prepare-builder' }).message, /do not exist yet/);
    });

    it('env, vault and the like are refused outside of variables', () => {
      assert.match(failure('{{ env `HOME` }}').message, /^env vars are not allowed here/);
      for (const call of ['vault `a` `b`', 'consul_key `a`', 'aws_secretsmanager `a`', 'aws_secretsmanager_raw `a`']) {
        const { message, hint } = failure(`{{ ${call} }}`);
        assert.match(message, /not allowed here$/);
        assert.match(hint!, /default of a variable/);
      }
    });

    it('clean_resource_name exists only for amazon builders', () => {
      const { message, hint } = failure('{{ clean_resource_name `x` }}', { ...run, buildType: 'qemu' });
      assert.equal(message, 'the function "clean_resource_name" is not defined');
      assert.match(hint!, /amazon builders/);
    });

    it('build_name and build_type fail where there is no build', () => {
      assert.equal(failure('{{ build_name }}', { phase: 'prepare-builder' }).message, 'build_name not available');
      assert.equal(failure('{{ build_type }}', { phase: 'prepare-builder' }).message, 'build_type not available');
    });

    it('HCL2 templates have neither user nor template_dir', () => {
      const hcl = createRenderer({ ...environment, language: 'hcl2' });
      assert.throws(() => hcl.render('{{ user `x` }}', run), { hint: /var\.x/ });
      assert.throws(() => hcl.render('{{ template_dir }}', run), { hint: /path\.root/ });
    });
  });

  describe('until nothing changes', () => {
    it('renders what was produced', () => {
      assert.equal(renderer.renderFully('{{ printf "{{ upper %q }}" "abc" }}', run), 'ABC');
      assert.equal(renderer.renderFully('no action', run), 'no action');
    });

    it('gives up, and says so, when it never settles', () => {
      const text = '{{define "T"}}{{end}}{{ user `loop` }}';
      const loop = createRenderer({ ...environment, variables: new Map([['loop', 'x{{ user `loop` }}']]) });
      assert.throws(() => loop.renderFully(text, run), { name: 'RenderError', message: /still changes after 100/ });
    });

    it('blames the whole text for an error in what it produced', () => {
      const text = 'x {{ "{{ nope }}" }}';
      assert.throws(() => renderer.renderFully(text, run), { start: 0, end: text.length, message: /"nope".*produced/ });
    });
  });
});
