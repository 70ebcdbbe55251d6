import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { load, showing, shownValue, withBuild } from './load.ts';

const DECLARED =
  'variable "x" {\n  default = "default"\n}\nvariable "l" {\n  type    = list(string)\n  default = []\n}\n';

describe('HCL variables', () => {
  it('takes the strongest value: default < environment < auto files < -var-file < -var', async () => {
    const files = {
      'a.pkr.hcl': showing('var.x', DECLARED),
      'b.auto.pkrvars.hcl': 'x = "auto hcl"\n',
      'a.auto.pkrvars.json': '{"x": "auto json"}',
      'one.pkrvars.hcl': 'x = "one"\n',
      'two.pkrvars.json': '{"x": "two ${y}"}',
    };
    const { 'a.pkr.hcl': template } = files;
    const env = { PKR_VAR_x: 'environment', PKR_VAR_other: 'z' };
    assert.equal(shownValue(await load(template)), 'default');
    assert.equal(shownValue(await load(template, { env })), 'environment');
    assert.equal(shownValue(await load(files, { env })), 'auto json');
    assert.equal(shownValue(await load(files, { env, path: 'a.pkr.hcl' })), 'environment');
    const varFiles = ['two.pkrvars.json', 'one.pkrvars.hcl'];
    assert.equal(shownValue(await load(files, { env, varFiles })), 'one');
    assert.equal(shownValue(await load(files, { env, varFiles: [...varFiles].reverse() })), 'two ${y}');
    const vars = [
      ['x', 'first'],
      ['x', 'command line'],
    ] as const;
    assert.equal(shownValue(await load(files, { env, varFiles, vars })), 'command line');
  });

  it('reads -var and PKR_VAR_ of other types as expressions', async () => {
    const types =
      'variable "b" {\n  type = bool\n}\nvariable "n" {\n  type = number\n}\nvariable "o" {\n  type = map(list(string))\n}\n';
    const template = showing('[var.b, var.n, var.l, var.o, var.x]', DECLARED + types);
    const given = { b: 'true', n: '07', l: '["a", "b"]', o: '{k = ["v"]}', x: '["text"]' };
    const expected = [true, 7, ['a', 'b'], { k: ['v'] }, '["text"]'];
    assert.deepEqual(shownValue(await load(template, { vars: Object.entries(given) })), expected);
    const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [`PKR_VAR_${name}`, value]));
    assert.deepEqual(shownValue(await load(template, { env })), expected);
    assert.deepEqual((await load(template, { vars: [...Object.entries(given), ['l', 'word']] })).found, [
      '<-var l>:1 reference-not-allowed',
    ]);
    assert.deepEqual((await load(template, { vars: [...Object.entries(given), ['n', 'word']] })).found, [
      '<-var n>:1 wrong-type',
    ]);
  });

  it('fills in optional attributes', async () => {
    const declared =
      'variable "o" {\n  type = object({ a = string, b = optional(number), c = optional(list(string), ["z"]), d = optional(object({ e = optional(bool, true) }), {}) })\n}\n';
    const result = await load(showing('var.o', declared), { vars: [['o', '{ a = 1 }']] });
    assert.deepEqual(shownValue(result), { a: '1', b: null, c: ['z'], d: { e: true } });
    const missing = await load(showing('var.o', declared), { vars: [['o', '{ b = 1 }']] });
    assert.match(missing.diagnostics[0]?.message ?? '', /the attribute "a" is missing/);
  });

  it('treats names that are not declared as Packer does', async () => {
    const files = { 'a.pkr.hcl': withBuild(DECLARED), 'v.pkrvars.hcl': 'y = 1\n' };
    assert.deepEqual((await load(files, { env: { PKR_VAR_y: '1' } })).found, []);
    assert.deepEqual((await load(files, { varFiles: ['v.pkrvars.hcl'] })).found, []);
    const warned = await load(files, { varFiles: ['v.pkrvars.hcl'], warnUndeclared: true });
    assert.deepEqual(
      warned.diagnostics.map(one => [one.severity, one.code]),
      [['warning', 'undeclared-variable']],
    );
    const refused = await load(files, { vars: [['xx', '1']] });
    assert.deepEqual(
      refused.diagnostics.map(one => [one.severity, one.code, one.hint]),
      [['error', 'undeclared-variable', 'did you mean "x"?']],
    );
  });

  it('asks for values that are missing, but not to look only', async () => {
    const template = withBuild('variable "needed" {\n}\n');
    assert.deepEqual((await load(template)).found, ['a.pkr.hcl:1 unset-variable']);
    const looked = await load(template, { syntaxOnly: true });
    assert.deepEqual(looked.found, []);
    assert.deepEqual(
      looked.template?.variables.map(one => [one.name, one.required]),
      [['needed', true]],
    );
    assert.deepEqual((await load(withBuild('variable "n" {\n  default = null\n}\n'))).found, []);
  });

  it('checks validation rules for the final value', async () => {
    const declared =
      'variable "x" {\n  default = "abc"\n  validation {\n    condition     = length(var.x) > 2\n    error_message = "Longer, please."\n  }\n}\n';
    assert.deepEqual((await load(withBuild(declared))).found, []);
    const short = await load(withBuild(declared), { vars: [['x', 'a']] });
    assert.deepEqual(short.found, ['<-var x>:1 invalid-value']);
    assert.match(short.diagnostics[0]?.message ?? '', /Longer, please\.$/);
    const wrong = (condition: string, message = 'No.'): string =>
      withBuild(
        `variable "y" {\n  default = 1\n}\nvariable "x" {\n  default = "abc"\n  validation {\n    condition = ${condition}\n    error_message = "${message}"\n  }\n}\n`,
      );
    assert.deepEqual((await load(wrong('true'))).found, ['a.pkr.hcl:7 invalid-validation']);
    assert.deepEqual((await load(wrong('var.x == var.y'))).found, ['a.pkr.hcl:7 unknown-reference']);
    assert.deepEqual((await load(wrong('var.x'))).found, ['a.pkr.hcl:7 invalid-validation']);
    assert.deepEqual((await load(wrong('var.x != ""', 'no'))).found, ['a.pkr.hcl:8 invalid-error-message']);
  });

  it('lets defaults call env and nothing else', async () => {
    const home = 'variable "x" {\n  default = env("HOME")\n}\n';
    assert.equal(shownValue(await load(showing('var.x', home), { env: { HOME: '/h' } })), '/h');
    assert.equal(shownValue(await load(showing('var.x', home))), '');
    const wrong = 'variable "x" {\n  default = upper("a")\n}\nvariable "y" {\n  default = var.x\n}\n';
    assert.deepEqual((await load(withBuild(wrong))).found, [
      'a.pkr.hcl:2 unknown-function',
      'a.pkr.hcl:5 reference-not-allowed',
    ]);
  });

  it('keeps every text of sensitive values secret', async () => {
    const declared =
      'variable "s" {\n  sensitive = true\n  default   = { a = ["one", 2], b = "two", c = "" }\n}\nlocal "t" {\n  sensitive  = true\n  expression = "three"\n}\n';
    assert.deepEqual((await load(withBuild(declared))).template?.secrets, ['one', 'two', 'three']);
  });

  it('keeps texts secret that are no value for their variable, and does not ask for another value', async () => {
    const declared =
      'variable "n" {\n  type      = number\n  sensitive = true\n}\nvariable "l" {\n  type      = list(string)\n  sensitive = true\n}\n';
    const vars = [
      ['n', 'hunter2'],
      ['l', '[open'],
    ] as const;
    const { template, found } = await load(withBuild(declared), { vars });
    assert.deepEqual(found, ['<-var l>:1 unclosed-bracket', '<-var n>:1 wrong-type']);
    assert.deepEqual(template?.secrets, ['hunter2', '[open']);
    const files = { 'a.pkr.hcl': withBuild(declared), 'v.pkrvars.hcl': 'n = "hunter2"\nl = upper("x")\n' };
    const fromFile = await load(files, { varFiles: ['v.pkrvars.hcl'] });
    assert.deepEqual(fromFile.found, ['v.pkrvars.hcl:1 wrong-type', 'v.pkrvars.hcl:2 function-not-allowed']);
    assert.deepEqual(fromFile.template?.secrets, ['hunter2']);
  });

  it('reports wrong declarations', async () => {
    const wrong =
      'variable "x" {\n  type    = list\n  defalt  = 1\n}\nvariable "x" {\n  type    = "string"\n  default = 1\n}\nvariable "1y" {\n  type    = number\n  default = "q"\n}\nvariables {\n  x = 1\n}\n';
    assert.deepEqual((await load(withBuild(wrong))).found, [
      'a.pkr.hcl:1 unset-variable',
      'a.pkr.hcl:2 invalid-type',
      'a.pkr.hcl:3 unknown-argument',
      'a.pkr.hcl:5 duplicate-variable',
      'a.pkr.hcl:6 invalid-type',
      'a.pkr.hcl:9 invalid-name',
      'a.pkr.hcl:11 wrong-type',
      'a.pkr.hcl:14 duplicate-variable',
    ]);
  });

  it('refuses variable files that are none', async () => {
    const files = {
      'a.pkr.hcl': withBuild(DECLARED),
      'v.pkrvars.hcl': 'variable "q" {\n}\nx = upper("a")\nl = [var.x]\n',
      'v.txt': 'x = 1\n',
    };
    assert.deepEqual((await load(files, { varFiles: ['v.pkrvars.hcl'] })).found, [
      'v.pkrvars.hcl:1 block-in-var-file',
      'v.pkrvars.hcl:3 function-not-allowed',
      'v.pkrvars.hcl:4 reference-not-allowed',
    ]);
    assert.deepEqual((await load(files, { varFiles: ['v.txt'] })).found, ['- unknown-var-file']);
    assert.deepEqual((await load(files, { varFiles: ['none.pkrvars.hcl'] })).found, ['- unreadable-file']);
  });

  it('names where a value in the options came from', async () => {
    const { template } = await load(showing('var.x', DECLARED), { vars: [['x', 'q']] });
    const { node } = template!.builds[0]!.provisioners[0]!.options(undefined);
    const [origin] = node.members[0]?.value.origins ?? [];
    assert.equal(origin?.what, 'the value of "x" (command line)');
    assert.equal(origin?.span.file.path, '<-var x>');
  });
});
