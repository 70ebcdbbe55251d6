import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { matchesWildcard } from '../../src/local-ec2/wildcard.ts';

describe('local EC2: wildcards of filters', () => {
  it('knows *, ? and the backslash', () => {
    assert.ok(matchesWildcard('ubuntu/images/*server-*', 'ubuntu/images/hvm-ssd/x-server-20240101'));
    assert.ok(matchesWildcard('a?c', 'abc'));
    assert.ok(!matchesWildcard('a?c', 'ac'));
    assert.ok(matchesWildcard('*', ''));
    assert.ok(!matchesWildcard('', 'a'));
    assert.ok(matchesWildcard('a\\*', 'a*'));
    assert.ok(!matchesWildcard('a\\*', 'ab'));
    assert.ok(!matchesWildcard('a.c', 'abc'));
  });

  it('is not slowed by many stars', () => {
    assert.ok(!matchesWildcard(`${'*a'.repeat(60)}b`, 'a'.repeat(10_000)));
  });

  it('agrees with a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '\n'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        const expression = new RegExp(`^${one.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`);
        assert.equal(matchesWildcard(one, other), expression.test(other));
      }),
    );
  });
});
