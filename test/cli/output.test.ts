import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Io } from '../../src/cli/io.ts';
import { formatDiagnostic, githubAnnotation } from '../../src/cli/ui/diagnostics.ts';
import { rendererFor } from '../../src/cli/ui/index.ts';
import { machineLine } from '../../src/cli/ui/machine-line.ts';
import { styleFor } from '../../src/cli/ui/style.ts';
import type { Artifact } from '../../src/sdk/artifact.ts';
import { errorAt } from '../../src/sdk/diagnostics.ts';
import type { BuildEvent } from '../../src/sdk/events.ts';
import { createFinder } from '../../src/template/variables/secrets.ts';

const file = { path: 'web.json', text: '{\n\t"a": 1,\n  "bb": 2\n}\n' };
const plain = styleFor(false);

function capture(kind: 'human' | 'machine' | 'json', events: readonly BuildEvent[]): { out: string; err: string } {
  const text = { out: '', err: '' };
  const io: Io = {
    env: {},
    cwd: '/',
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: 80,
    out: part => {
      text.out += part;
    },
    err: part => {
      text.err += part;
    },
    stdin: async () => Buffer.alloc(0),
    flush: async () => {},
  };
  const renderer = rendererFor(io, { kind, color: undefined, timestamps: false });
  for (const event of events) renderer.event(event);
  return text;
}

const artifact: Artifact = {
  builderId: 'mitchellh.amazonebs',
  id: 'eu-west-1:ami-1,us-east-1:ami-2',
  files: ['a.box'],
  description: 'AMIs were created:\neu-west-1: ami-1\n',
  destroy: async () => {},
};

describe('formatDiagnostic', () => {
  it('shows place, excerpt, caret and help', () => {
    const one = errorAt({ file, start: 13, end: 17 }, 'x', 'unknown option "bb"', {
      hint: 'did you mean "b"?',
      component: 'builder null',
    });
    assert.equal(
      formatDiagnostic(one, plain),
      'error: unknown option "bb"\n --> web.json:3:3 (builder null)\n  |\n3 |   "bb": 2\n  |   ^^^^\n  help: did you mean "b"?\n',
    );
  });
  it('keeps tabs in front of the caret', () => {
    const text = formatDiagnostic(errorAt({ file, start: 3, end: 6 }, 'x', 'm'), plain);
    assert.match(text, /\n {2}\| \t\^\^\^\n/);
  });
  it('cuts very long lines around the place', () => {
    const long = { path: 'l.json', text: `"${'x'.repeat(5000)}!` };
    const text = formatDiagnostic(errorAt({ file: long, start: 5001, end: 5002 }, 'x', 'm'), plain);
    assert.ok(
      text.split('\n').every(line => line.length < 200),
      text,
    );
    assert.match(text, /!/);
  });
  it('puts the caret under the place, also behind wide and combining characters', () => {
    const under = (text: string, wanted: string): string => {
      const start = text.indexOf(wanted);
      const source = { path: 'w.json', text };
      const shown = formatDiagnostic(errorAt({ file: source, start, end: start + wanted.length }, 'x', 'm'), plain);
      return shown.split('\n').at(-2)?.slice(4) ?? '';
    };
    assert.equal(under('"日本": "x"', '"x"'), `${' '.repeat(8)}^^^`);
    assert.equal(under('"日本": "x"', '"日本"'), '^^^^^^');
    assert.equal(under('"e\u0301😀": 1', '1'), `${' '.repeat(7)}^`);
    assert.equal(under('\t日\t"x"', '"x"'), '\t  \t^^^');
  });
  it('takes secrets out before it cuts a line, and keeps the caret under the place', () => {
    const secret = 's3cret'.repeat(100);
    const text = `{"token": "${secret}END", "size": five, "again": "${secret}END"}`;
    const start = text.indexOf('five');
    const find = createFinder([`${secret}END`]);
    const shown = formatDiagnostic(
      errorAt({ file: { path: 's', text }, start, end: start + 4 }, 'x', 'm'),
      plain,
      find,
    );
    assert.deepEqual(shown.split('\n').slice(3, 5), [
      '1 | {"token": "<sensitive>", "size": five, "again": "<sensitive>"}',
      `  | ${' '.repeat(33)}^^^^`,
    ]);
  });
  it('marks the mask where the place is inside of a secret', () => {
    const file = { path: 's', text: '{"a": "to{{ken", "b": 1}' };
    const lines = (start: number, end: number): string[] =>
      formatDiagnostic(errorAt({ file, start, end }, 'x', 'm'), plain, createFinder(['to{{ken']))
        .split('\n')
        .slice(3, 5);
    const inside = ['1 | {"a": "<sensitive>", "b": 1}', `  | ${' '.repeat(7)}${'^'.repeat(11)}`];
    assert.deepEqual(lines(9, 11), inside);
    assert.deepEqual(lines(7, 14), inside);
    assert.deepEqual(lines(6, 15), [inside[0], `  | ${' '.repeat(6)}${'^'.repeat(13)}`]);
    assert.deepEqual(lines(22, 23), [inside[0], `  | ${' '.repeat(26)}^`]);
  });
  it('shows no characters that turn the direction of the text', () => {
    const source = { path: 'b', text: '"a\u202e\u2066b"' };
    const text = formatDiagnostic(errorAt({ file: source, start: 0, end: 1 }, 'x', 'is \u200fwrong'), plain);
    assert.doesNotMatch(text, /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  });
  it('shows no control characters of binary files', () => {
    const binary = { path: 'b', text: 'a\u0000\u001bb' };
    assert.doesNotMatch(
      formatDiagnostic(errorAt({ file: binary, start: 0, end: 1 }, 'x', 'm'), plain),
      /[\u0000\u001b]/,
    );
  });
  it('shows no control characters of values in messages and hints, and no whole files', () => {
    const text = formatDiagnostic(
      errorAt({ file, start: 0, end: 1 }, 'x', `"${'v'.repeat(5000)}\u001b[2J" is wrong`, { hint: 'a\u0007\u009bb' }),
      plain,
    );
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    assert.match(text, /^error: "v{100}.* \.\.\. v+.{0,10}" is wrong\n/);
    assert.ok(text.length < 800);
  });
  it('makes an annotation for GitHub', () => {
    const one = errorAt({ file, start: 13, end: 17 }, 'x', '50% wrong');
    assert.equal(githubAnnotation(one), '::error file=web.json,line=3,col=3,endLine=3,endColumn=7::50%25 wrong\n');
  });
});

describe('machine-readable output', () => {
  it('escapes commas and line ends, not percent signs', () => {
    assert.match(machineLine('t', 'ui', ['say', 'a,b\r\n%']), /^\d+,t,ui,say,a%!\(PACKER_COMMA\)b\\r\\n%\n$/);
  });
  it('ends with a comma when there are no data', () =>
    assert.match(machineLine('', 'version-commit', ['']), /^\d+,,version-commit,\n$/));

  it("reports artifacts and failures in Packer's order", () => {
    const { out, err } = capture('machine', [
      { type: 'build-failed', build: 'b', milliseconds: 5, error: new Error('no'), message: 'no', artifacts: [] },
      { type: 'build-finished', build: 'a', milliseconds: 5, artifacts: [artifact] },
      { type: 'run-finished', milliseconds: 10, interrupted: false },
    ]);
    assert.equal(err, '');
    const lines = out
      .trim()
      .split('\n')
      .map(line => line.replace(/^\d+,/, ''));
    const from = lines.indexOf(',error-count,1');
    assert.deepEqual(lines.slice(from, from + 4), [
      ',error-count,1',
      ",ui,error,\\n==> Some builds didn't complete successfully and had errors:",
      'b,error,no',
      ',ui,error,--> b: no',
    ]);
    assert.deepEqual(lines.slice(from + 5, from + 12), [
      'a,artifact-count,1',
      'a,artifact,0,builder-id,mitchellh.amazonebs',
      'a,artifact,0,id,eu-west-1:ami-1%!(PACKER_COMMA)us-east-1:ami-2',
      'a,artifact,0,string,AMIs were created:\\neu-west-1: ami-1\\n',
      'a,artifact,0,files-count,1',
      'a,artifact,0,file,0,a.box',
      'a,artifact,0,end',
    ]);
  });
});

describe('output for people', () => {
  it('puts errors on stderr and all else on stdout, one prefix a line', () => {
    const { out, err } = capture('human', [
      { type: 'build-queued', build: 'web', index: 0 },
      { type: 'say', build: 'web', text: 'one\ntwo' },
      { type: 'output', build: 'web', stream: 'stdout', line: 'hello' },
      { type: 'error', build: 'web', text: 'oh' },
    ]);
    assert.equal(out, '==> web: one\n==> web: two\n    web: hello\n');
    assert.equal(err, '==> web: oh\n');
  });
  it('shows an artifact that two sequences passed through once', () => {
    const { out } = capture('human', [
      { type: 'build-finished', build: 'web', milliseconds: 1, artifacts: [artifact, artifact] },
      { type: 'run-finished', milliseconds: 1, interrupted: false },
    ]);
    assert.equal(out.split('--> web:').length, 2);
  });
  it('tells what was finished and kept when a build failed', () => {
    const { err } = capture('human', [
      {
        type: 'build-failed',
        build: 'web',
        milliseconds: 1,
        error: new Error('disk full'),
        message: 'disk full',
        hint: 'make room',
        artifacts: [artifact],
      },
      { type: 'run-finished', milliseconds: 1, interrupted: false },
    ]);
    assert.match(err, /--> web: disk full\n {4}help: make room\n {4}Finished before that and kept: AMIs were created:/);
  });
});

describe('JSON output', () => {
  it('is one object a line', () => {
    const { out } = capture('json', [
      { type: 'say', build: 'web', text: 'a\nb' },
      { type: 'build-finished', build: 'web', milliseconds: 1, artifacts: [artifact] },
    ]);
    const [first, second] = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    assert.equal(first?.['text'], 'a\nb');
    assert.deepEqual(second?.['artifacts'], [
      { builderId: artifact.builderId, id: artifact.id, files: artifact.files, description: artifact.description },
    ]);
  });
});
