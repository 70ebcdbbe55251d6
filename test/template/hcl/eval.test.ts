import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { loadAll, run, show, typeJson } from './helpers/evaluate.ts';
import { ERRORS, VALUES } from './helpers/expressions.ts';

describe('HCL expressions', () => {
  before(loadAll);

  for (const [expression, type, value] of VALUES) {
    it(`${JSON.stringify(expression)} gives ${value}`, () => {
      const outcome = run(expression);
      assert.deepEqual(outcome.diagnostics, []);
      assert.equal(show(expression), value);
      assert.equal(JSON.stringify(typeJson(outcome.value!.type)), type);
    });
  }

  for (const [expression, message] of ERRORS) {
    it(`${JSON.stringify(expression)} fails`, () => {
      assert.equal(show(expression), `error: ${message}`);
    });
  }

  it('refuses to divide by zero', () => {
    assert.equal(show('1/0'), 'error: division by zero');
    assert.equal(show('1%0'), 'error: division by zero');
  });

  it('decides a logical operation by one known side', () => {
    assert.equal(show('u && false'), 'false');
    assert.equal(show('true || u'), 'true');
    assert.equal(show('u || false'), 'unknown');
  });

  it('points at the very part that is wrong', () => {
    const places: readonly (readonly [string, string])[] = [
      ['join(",", ["a", ["b"]])', '["b"]'],
      ['1 + ("a" + 2)', '"a"'],
      ['{a = 1}.bb', 'bb'],
      ['[1, 2][7]', '7'],
      ['nosuch.thing', 'nosuch'],
      ['uper("x")', 'uper'],
      ['max(1, 2, "x")', '"x"'],
      ['"a ${[1]} b"', '[1]'],
      ['true ? upper() : 1', 'upper()'],
    ];
    for (const [expression, wrong] of places) {
      const [first] = run(expression).diagnostics;
      assert.equal(expression.slice(first!.span!.start, first!.span!.end), wrong, expression);
    }
  });

  it('goes through splats of splats, and keeps the type of empty lists', () => {
    assert.equal(show('[[1, 2], [3]][*][*]'), '[[1,2],[3]]');
    assert.equal(show('[{ a = [{ b = 1 }] }][*].a[*].b'), '[[1]]');
    assert.equal(show('[{ a = [1] }].*.a[0]'), '[1]');
    assert.deepEqual(typeJson(run('reverse(distinct(el))').value!.type), ['list', 'string']);
  });

  it('suggests the nearest name', () => {
    const hint = (text: string): string | undefined => run(text).diagnostics[0]?.hint;
    assert.equal(hint('uper("x")'), 'did you mean "upper"?');
    assert.equal(hint('{name = 1}.nane'), 'did you mean "name"?');
    assert.equal(hint('tostring(1)'), 'write convert(VALUE, string)');
    assert.equal(hint('uuid()'), 'write uuidv4()');
    assert.equal(hint('env("HOME")'), 'declare a variable with default = env("NAME") and refer to it');
    assert.equal(hint('upper'), 'write upper(...)');
  });

  it('reports several mistakes of one expression', () => {
    assert.deepEqual(
      run('[nosuch, uper("a"), {a = 1}.b]').diagnostics.map(one => one.code),
      ['unknown-name', 'unknown-function', 'unknown-attribute'],
    );
  });

  it('keeps the branch that is not taken silent', () => {
    assert.equal(show('true ? "a" : nosuch'), '"a"');
    assert.equal(show('false ? "a" : nosuch'), 'error: there is nothing named "nosuch"');
  });

  it('survives expressions made to exhaust it', () => {
    const deep = '('.repeat(5000) + ')'.repeat(5000);
    assert.equal(run(deep).diagnostics[0]?.code, 'nested-too-deeply');
    assert.equal(run(`1${' + 1'.repeat(5000)}`).diagnostics[0]?.code, 'expression-too-long');
    assert.equal(run(`d${'.a'.repeat(5000)}`).diagnostics[0]?.code, 'expression-too-long');
    assert.equal(run(`"${'${"'.repeat(3000)}`).diagnostics.length > 0, true);
    assert.equal(run('1e999999999').diagnostics[0]?.code, 'number-too-large');
    assert.equal(show('format("%999999999d", 1)'), 'error: format: "%999999999d" in the format is too wide');
  });
});
