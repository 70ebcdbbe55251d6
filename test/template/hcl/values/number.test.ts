import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  add,
  compare,
  fromDouble,
  integer,
  multiply,
  parseNumber,
  quotient,
  remainder,
  toDouble,
  toText,
} from '../../../../src/template/hcl/values/number.ts';

const num = (text: string) => parseNumber(text) ?? assert.fail(text);

describe('HCL numbers', () => {
  it('writes doubles with the digits JavaScript finds for them', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        const exact = fromDouble(value) ?? assert.fail();
        assert.equal(toDouble(exact), value === 0 ? 0 : value);
        if (Math.abs(value) >= 1e-6 && Math.abs(value) < 1e21) assert.equal(toText(exact), String(value));
        assert.equal(Number(toText(exact)), value === 0 ? 0 : value);
      }),
    );
  });

  it('calculates with whole numbers of any length', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
        fc.bigInt({ min: 1n, max: 2n ** 100n }),
        (a, b) => {
          const [x, y] = [num(String(a)), num(String(b))];
          assert.equal(toText(x), String(a));
          assert.equal(toText(add(x, y)), String(a + b));
          assert.equal(toText(multiply(x, y)), String(a * b));
          assert.equal(toText(remainder(x, y) ?? x), String(a % b));
          assert.equal(Math.sign(compare(x, y)), a < b ? -1 : a > b ? 1 : 0);
        },
      ),
    );
  });

  it('gives decimals back as they were written', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }),
        fc.integer({ min: 1, max: 80 }),
        (digits, places) => {
          const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
          const written = `${digits < 0n ? '-' : ''}${text.slice(0, -places)}.${text.slice(-places)}`;
          const expected = written.replace(/\.?0+$/, '');
          assert.equal(toText(num(written)), expected === '-0' || expected === '' ? '0' : expected);
        },
      ),
    );
  });

  it('rounds to 512 bits, and to 64 between whole numbers of functions', () => {
    assert.equal(toText(quotient(num('1'), num('3')) ?? num('0')).length, 157);
    assert.equal(toText(quotient(integer(3), integer(7)) ?? num('0')), '0.42857142857142857144');
    assert.equal(quotient(num('1'), num('0')), undefined);
    assert.equal(toText(add(num('0.1'), num('0.2'))), '0.3');
  });

  it('refuses what is no decimal number', () => {
    for (const text of ['', '.', 'x', '0x10', '1e', '1_0', 'Infinity', '1e99999', ' 1'])
      assert.equal(parseNumber(text), undefined, text);
    for (const [text, expected] of [
      ['.5', '0.5'],
      ['5.', '5'],
      ['+5', '5'],
      ['-0', '0'],
      ['1E3', '1000'],
    ] as const) {
      assert.equal(toText(num(text)), expected);
    }
  });
});
