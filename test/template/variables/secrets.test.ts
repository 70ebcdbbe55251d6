import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { createMasker, secretForms } from '../../../src/template/variables/secrets.ts';

const secret = `p@ss w'o"rd/é\\$x`;

describe('forms of a secret', () => {
  it('hold every form in which a shell prints it', () => {
    const script = [
      'printf "%s\\n" "$S"',
      'printf "%s" "$S" | base64 -w0; echo',
      'echo "$S" | base64',
      'printf "user:%s" "$S" | base64 -w0; echo',
      'printf "ab%s=" "$S" | base64 -w0; echo',
      `printf "%q\\n" "$S"`,
      '(set -x; : "$S") 2>&1',
    ].join('\n');
    const { stdout } = spawnSync('bash', ['--norc', '-c', script], {
      env: { ...process.env, S: 'p@ss word/x$y!', LC_ALL: 'C.UTF-8' },
    });
    const lines = stdout.toString().trim().split('\n');
    assert.equal(lines.length, 7);
    const mask = createMasker(['p@ss word/x$y!']);
    for (const line of lines) assert.match(mask(line), /<sensitive>/, line);
  });

  it('hold the encodings of the usual libraries', () => {
    const mask = createMasker([secret]);
    const forms = [
      encodeURIComponent(secret),
      new URLSearchParams({ k: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      `'${secret.replaceAll("'", `'"'"'`)}'`.slice(1, -1),
    ];
    for (const form of forms) assert.equal(mask(`a ${form} b`), 'a <sensitive> b', form);
  });

  it('hold what JSON and XML writers of other languages make of it', () => {
    const value = `a&b<c>d'e"f=g+h/é`;
    const mask = createMasker([value]);
    const forms = {
      go: 'a\\u0026b\\u003cc\\u003ed\'e\\"f=g+h/é',
      python: `a&b<c>d'e\\"f=g+h/\\u00e9`,
      php: `a&b<c>d'e\\"f=g+h\\/é`,
      powershell: 'a\\u0026b\\u003cc\\u003ed\\u0027e\\"f=g+h/é',
      gson: 'a\\u0026b\\u003cc\\u003ed\\u0027e\\"f\\u003dg+h/é',
      dotNet: 'a\\u0026b\\u003Cc\\u003Ed\\u0027e\\u0022f=g\\u002Bh/\\u00E9',
      twice: JSON.stringify(JSON.stringify(value)).slice(3, -3),
      xml: `a&amp;b&lt;c&gt;d'e"f=g+h/é`,
      html: 'a&amp;b&lt;c&gt;d&#39;e&quot;f=g+h/é',
      goHtml: 'a&amp;b&lt;c&gt;d&#39;e&#34;f=g+h/é',
    };
    for (const [name, form] of Object.entries(forms)) assert.equal(mask(`x ${form} y`), 'x <sensitive> y', name);
  });

  it('hold the value without white space around, as $(...) and the end of a line take it off', () => {
    const mask = createMasker(['  hunter2/x \n']);
    for (const form of ['hunter2/x', 'hunter2%2Fx', Buffer.from('hunter2/x').toString('base64')])
      assert.equal(mask(`[${form}]`), '[<sensitive>]');
  });

  it('hold the lines of a value, each also encoded', () => {
    const mask = createMasker(['one "1" / uno\r\n  two "2" / dos\n']);
    for (const line of ['one "1" / uno', 'two "2" / dos'])
      for (const form of [line, JSON.stringify(line).slice(1, -1), encodeURIComponent(line)])
        assert.equal(mask(`> ${form};`), '> <sensitive>;', form);
  });

  it('base64 inside a longer text is found at every alignment', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 9, maxLength: 40 }), fc.string(), fc.string(), (value, before, behind) => {
        const whole = Buffer.from(before + value + behind).toString('base64');
        assert.match(createMasker([value])(whole), /<sensitive>/);
      }),
    );
  });

  it('long values are found line by line in wrapped base64', () => {
    const value = 'k'.repeat(40) + 'm'.repeat(200);
    const wrapped = Buffer.from(`${value}\n`).toString('base64').replace(/.{76}/g, '$&\n');
    for (const line of createMasker([value])(wrapped).split('\n')) assert.equal(line, '<sensitive>');
  });

  it('multi-line values: whole, with other line ends, and each line', () => {
    const forms = secretForms('one\r\n\r\ntwo');
    for (const form of ['one\r\n\r\ntwo', 'one\n\ntwo', 'one', 'two']) assert.ok(forms.includes(form));
    assert.ok(!forms.includes(''));
  });

  it('short derived forms are left out, the plain value never', () => {
    assert.ok(secretForms('ab').includes('ab'));
    assert.ok(secretForms('ab').every(form => form === 'ab' || form.length >= 3));
    assert.deepEqual(secretForms(''), []);
  });
});

describe('masking', () => {
  it('replaces all occurrences, overlapping ones as one', () => {
    const mask = createMasker(['abcdef', 'defghi', 'zzz']);
    assert.equal(mask('x abcdefghi y zzz abcdef'), 'x <sensitive> y <sensitive> <sensitive>');
  });

  it('leaves other text alone', () => {
    assert.equal(createMasker([])('text'), 'text');
    assert.equal(createMasker([''])('text'), 'text');
    assert.equal(createMasker(['secret'])('secre t'), 'secre t');
  });

  it('leaves no value in any text, and changes nothing where there is none', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), minLength: 3, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 4 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', ' '), maxLength: 60 }),
        (values, text) => {
          const masked = createMasker(values)(text);
          for (const value of values) assert.ok(!masked.includes(value), masked);
          const forms = values.flatMap(secretForms);
          if (!forms.some(form => text.includes(form))) assert.equal(masked, text);
        },
      ),
    );
  });

  it('handles values as long as files', () => {
    for (const [lines, width] of [
      [1, 600_000],
      [1000, 64],
    ] as const) {
      const value = Array.from({ length: lines }, (_, index) => `${index}:`.padEnd(width, 'abc/+"d')).join('\n');
      const mask = createMasker([value]);
      assert.equal(mask(`<${value}>`), '<<sensitive>>');
      for (const line of value.split('\n').slice(0, 3)) assert.equal(mask(`  ${line}`), '  <sensitive>');
      assert.equal(mask('nothing to see here\n'.repeat(50_000)), 'nothing to see here\n'.repeat(50_000));
    }
  });

  it('handles a private key and a long output', () => {
    const key = Array.from({ length: 40 }, (_, index) => Buffer.alloc(48, index * 7 + 1).toString('base64')).join('\n');
    const mask = createMasker([key]);
    const output = `${'nothing to see here, just a build log line\n'.repeat(20_000)}${key.split('\n')[17]}\n`;
    assert.ok(mask(output).endsWith('line\n<sensitive>\n'));
  });
});
