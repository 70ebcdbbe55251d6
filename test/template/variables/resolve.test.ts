import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { resolve } from './inputs.ts';

describe('resolving variables', () => {
  it('renders values after those they refer to, whatever their names', async () => {
    const { values, complaints } = await resolve({
      a: '{{user `b`}}-{{user "c"}}',
      b: '{{ user `c` | upper }}',
      c: 'x{{env `REGION`}}',
      d: '{{ env `UNSET` }}',
      e: '{{ if eq (user `d`) `` }}{{ user `a` }}{{ end }}',
      f: '{{ timestamp }}',
    });
    assert.deepEqual(complaints, []);
    assert.deepEqual(values, {
      a: 'XEU-WEST-1-xeu-west-1',
      b: 'XEU-WEST-1',
      c: 'xeu-west-1',
      d: '',
      e: 'XEU-WEST-1-xeu-west-1',
      f: '1795170027',
    });
  });

  it('leaves fragments of the form {{ .X }} for later, but not {{- .X }} or blocks', async () => {
    const { values, complaints } = await resolve({
      command: '{{ .Vars }} sudo {{.Path}} {{user `flag`}} {{ .A | upper }}',
      flag: '-x',
      trimmed: 'a {{- .X }} {{  .Y }}',
      block: '{{ if .X }}yes{{ else }}no{{ end }}',
      open: '{{ .X',
    });
    assert.equal(values.command, '{{ .Vars }} sudo {{.Path}} -x {{ .A | upper }}');
    assert.equal(values.trimmed, 'a<no value> <no value>');
    assert.equal(values.block, 'no');
    assert.deepEqual(complaints, ['error variable-template: a {{ is not closed @t.json {{']);
  });

  it('takes assigned values before defaults, the last one first, and renders them too', async () => {
    const { values, complaints } = await resolve(
      { region: 'us-east-1', name: 'web-{{user `region`}}' },
      { region: '{{env `REGION`}}', undeclared: 'u' },
    );
    assert.deepEqual(complaints, []);
    assert.deepEqual(values, { region: 'eu-west-1', name: 'web-eu-west-1', undeclared: 'u' });
  });

  it('asks for required variables, once, at their declaration', async () => {
    const { complaints, hints } = await resolve({ key: null, url: 'https://{{user `key`}}' });
    assert.deepEqual(complaints, ['error required-variable: required variable not set: key @t.json "key"']);
    assert.match(hints[0]!, /-var 'key=VALUE'/);
    assert.deepEqual((await resolve({ key: null }, { key: '' })).complaints, []);
    const allowed = await resolve({ key: null, url: 'x{{user `key`}}' }, {}, { missingAllowed: true });
    assert.deepEqual(allowed, { values: { key: '', url: 'x' }, complaints: [], hints: [] });
  });

  it('points at the call of an undefined variable and suggests one', async () => {
    const { complaints, hints } = await resolve({ region: 'x', name: 'a\n"{{user `regoin`}}"' });
    assert.deepEqual(complaints, [
      'error undefined-variable: the variable "name" refers to "regoin", which is not defined @t.json `regoin`',
    ]);
    assert.deepEqual(hints, ['did you mean "region"?']);
  });

  it('names the members of a circle, and complains once for all who lead to it', async () => {
    const { complaints } = await resolve({
      a: '{{user `b`}}',
      b: '{{user `c`}}',
      c: '{{user `b`}}',
      d: '{{user "d"}}',
    });
    assert.deepEqual(complaints.sort(), [
      'error variable-cycle: the variable "d" refers to itself @t.json \\"d\\"',
      'error variable-cycle: variables refer to one another in a circle: b -> c -> b @t.json `c`',
    ]);
  });

  it('does not take an untaken branch for a circle', async () => {
    const { values, complaints } = await resolve({
      a: '{{ if eq (user `mode`) `on` }}{{ user `b` }}{{ end }}',
      b: 'b{{ user `a` }}',
      mode: 'off',
    });
    assert.deepEqual(complaints, []);
    assert.equal(values.b, 'b');
  });

  // Both observed with Packer 1.6.6: another value with a backquoted user call makes it accept unresolved ones.
  it('only warns where Packer silently takes the empty text', async () => {
    const { values, complaints } = await resolve({
      a: '{{user `nope`}}',
      b: '{{user `c`}}',
      c: 'x',
      e: '{{user `a`}}!',
    });
    assert.deepEqual(complaints, [
      'warning undefined-variable: the variable "a" refers to "nope", which is not defined, so its value is empty @t.json `nope`',
    ]);
    assert.deepEqual(values, { a: '', b: 'x', c: 'x', e: '' });
    const circle = await resolve({ a: '{{user `b`}}', b: '1' }, { b: '{{user `a`}}' });
    assert.deepEqual(circle.complaints, [
      'warning variable-cycle: variables refer to one another in a circle: a -> b -> a, so their values are empty @t.json `b`',
    ]);
  });

  it('a quoted or piped user call does not make Packer accept others', async () => {
    for (const other of ['{{user "c"}}', '{{ upper `x` }}', '{{`c` | user}}']) {
      const { complaints } = await resolve({ a: '{{user `nope`}}', b: other, c: 'x' });
      assert.equal(complaints.length, 1);
      assert.match(complaints[0]!, /^error undefined-variable/);
    }
  });

  it('reports bad templates at their place in the default or the -var text', async () => {
    const { complaints, hints } = await resolve(
      { a: 'x "{{ uppr `x` }}"', b: '{{ build_name }}', c: '{{ build `ID` }}', d: 'y', e: '{{user `a`}}' },
      { d: '{{ clean_resource_name `x` }}' },
    );
    assert.deepEqual(complaints, [
      'error variable-template: the function "uppr" is not defined @t.json uppr',
      'error variable-template: the function "clean_resource_name" is not defined @<-var d> clean_resource_name',
      'error variable-template: build_name not available @t.json build_name',
      'error variable-template: build values do not exist yet while variables are rendered @t.json build `ID`',
    ]);
    assert.equal(hints[0], 'did you mean "upper"?');
  });

  it('copes with long chains and wide references', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`v${index}`, index === 4999 ? 'end' : `{{user \`v${index + 1}\`}}`]),
    );
    assert.equal((await resolve(chain)).values.v0, 'end');
    const wide = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`z${index}`, `{{user \`base\`}}${index}`]),
    );
    const all = Object.keys(wide)
      .map(name => `{{user \`${name}\`}}`)
      .join('');
    const { values } = await resolve({ all, ...wide, base: 'b' });
    assert.ok(values.all!.startsWith('b0b1b2'));
  });
});
