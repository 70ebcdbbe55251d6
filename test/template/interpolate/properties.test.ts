import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { RenderError, type RenderScope } from '../../../src/template/model.ts';
import { renderer, run } from './engine.ts';

const pieces = [
  '{{',
  '}}',
  '{{-',
  '-}}',
  ' ',
  '\n',
  '|',
  '(',
  ')',
  '.',
  '$',
  '$x',
  ':=',
  '=',
  ',',
  '"',
  '`',
  "'",
  '\\',
  '/*',
  '*/',
  '-',
  '+',
  'if',
  'else',
  'end',
  'range',
  'with',
  'define',
  'template',
  'block',
  'break',
  'continue',
  'nil',
  'true',
  '0x',
  '1',
  '1e',
  '.5',
  'print',
  'printf',
  'index',
  'slice',
  'len',
  'eq',
  'lt',
  'and',
  'or',
  'user',
  'replace',
  'split',
  'isotime',
  'build',
  '"%d%v"',
  '`a`',
  'é',
  '\ud800',
  '\u{1f600}',
  '_',
  '0',
  ' .ID ',
  '{{ . }}',
  '{{end}}',
  '{{if 1}}',
];
const soup = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 25 })
  .map(parts => parts.join(''));
const actions = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map(parts => `{{ ${parts.join(' ')} }}`);
const scopes = fc.constantFrom<RenderScope>(run, { ...run, phase: 'prepare' }, { phase: 'prepare-builder' });

const onlyRenderErrors = (text: string, body: () => unknown): void => {
  try {
    body();
  } catch (error) {
    assert.ok(error instanceof RenderError, `${JSON.stringify(text)}: ${error instanceof Error ? error.stack : error}`);
    assert.ok(0 <= error.start && error.start <= error.end && error.end <= text.length, JSON.stringify(text));
    assert.ok(error.message.length > 0 && !error.message.includes('\n'), JSON.stringify(text));
  }
};

describe('properties of the engine', () => {
  it('throws nothing but RenderErrors with a place inside the text', () => {
    fc.assert(
      fc.property(fc.oneof(soup, actions), scopes, (text, scope) => {
        onlyRenderErrors(text, () => renderer.render(text, scope));
        onlyRenderErrors(text, () => renderer.renderFully(text, scope));
        onlyRenderErrors(text, () => renderer.check(text, scope));
      }),
      { numRuns: 3000 },
    );
  });

  it('text without actions, and any text as a literal, come out as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        if (!text.includes('{{')) assert.equal(renderer.render(text, run), text);
        assert.equal(renderer.render(`{{ ${quote(text)} }}`, run), text);
        assert.equal(renderer.render(`{{ printf "%q" ${quote(text)} | printf "{{%s}}" }}`, run).slice(0, 2), '{{');
      }),
      { numRuns: 1000 },
    );
  });

  it('%q gives a literal of the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const literal = renderer.render(`{{ printf "%q" ${quote(text)} }}`, run);
        assert.equal(renderer.render(`{{ ${literal} }}`, run), text);
      }),
    );
  });

  it('what renders passes the check', () => {
    fc.assert(
      fc.property(actions, text => {
        try {
          renderer.render(text, run);
        } catch {
          return;
        }
        renderer.check(text, run);
      }),
    );
  });
});

/** A Go literal, written without the engine's help. */
function quote(text: string): string {
  const escaped = [...text].map(char => {
    const code = char.codePointAt(0) ?? 0;
    return /[A-Za-z0-9 ]/.test(char) ? char : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
