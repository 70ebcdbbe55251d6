import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createRenderer } from '../../../src/template/interpolate/index.ts';
import { environment, failure, renderer, run } from './engine.ts';

describe('limits', () => {
  const cases: readonly (readonly [name: string, text: string, message: RegExp])[] = [
    ['endless loop', '{{range 1000000000000}}x{{end}}', /too much work/],
    ['doubling text', '{{$x := "aaaa"}}{{range 100}}{{$x = print $x $x}}{{end}}', /64 MiB/],
    ['growing replacement', '{{$x := "aaaaaaaaaa"}}{{range 100}}{{$x = replace_all "a" $x $x}}{{end}}', /64 MiB/],
    ['long output', '{{$x := printf "%1000000d" 1}}{{range 1000}}{{$x}}{{end}}', /64 MiB/],
    ['costly calls', '{{$x := printf "%1000000d" 1}}{{range 100000}}{{$y := len $x}}{{end}}', /64 MiB/],
    ['template calling itself', '{{define "T"}}{{template "T"}}{{end}}{{template "T"}}', /200 deep/],
    ['blocks in blocks', `${'{{if 1}}'.repeat(5000)}x${'{{end}}'.repeat(5000)}`, /400 blocks/],
    ['parentheses in parentheses', `{{${'('.repeat(50_000)}1${')'.repeat(50_000)}}}`, /400 blocks/],
    [
      'deep blocks in deep templates',
      `{{define "T"}}${'{{with 1}}'.repeat(390)}{{template "T"}}${'{{end}}'.repeat(390)}{{end}}{{template "T"}}`,
      /deep/,
    ],
  ];
  for (const [name, text, message] of cases) it(name, () => assert.match(failure(text).message, message));

  it('widths beyond a million are mistakes, not memory', () => {
    assert.equal(renderer.render('{{ printf "%*d" 100000000 1 }}', run), '%!(BADWIDTH)1');
  });

  it('nesting within the limit works', () => {
    assert.equal(renderer.render(`${'{{if 1}}'.repeat(390)}x${'{{end}}'.repeat(390)}`, run), 'x');
    assert.equal(renderer.render(`{{${'('.repeat(390)}1${')'.repeat(390)}}}`, run), '1');
  });

  it('more texts than the cache holds are rendered all the same', () => {
    const own = createRenderer(environment);
    for (let index = 0; index < 5000; index++) assert.equal(own.render(`{{ print ${index} }}`, run), String(index));
    assert.equal(own.render('{{ print 1 }}', run), '1');
  });
});
