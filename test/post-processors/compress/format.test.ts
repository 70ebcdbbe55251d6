import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { detectFormat, effectiveLevel, formatName } from '../../../post-processors/compress/format.ts';

describe('compress: format of a name', () => {
  for (const [output, format, expected] of [
    ['x.tar.gz', '', 'tar, gzip'],
    ['x.gz', '', 'gzip'],
    ['x.tar.lz4', '', 'tar, lz4'],
    ['x.lz4', '', 'lz4'],
    ['x.zip', '', 'zip'],
    ['x.tar.zip', '', 'zip'],
    ['x.tar', '', 'tar'],
    ['x.tgz', '', 'tar, gzip'],
    ['x.tar.bz2', '', 'tar, gzip'],
    ['x.tar.bzip2', '', 'tar, bzip2'],
    ['x.tar.xz', '', 'tar, xz'],
    ['x.tar.bgzf', '', 'tar, bgzf'],
    ['x', '', 'tar, gzip'],
    ['x.v1.2', '', 'tar, gzip'],
    ['x.GZ', '', 'tar, gzip'],
    ['packer_{{.BuildName}}_{{.BuilderType}}', '', 'tar, gzip'],
    ['{{.name}}.gz', '', 'gzip'],
    ['x.tar{{.name}}', '', 'tar, gzip'],
    ['x', 'zip', 'zip'],
    ['x', 'tar.gz', 'tar, gzip'],
    ['x', 'gz', 'gzip'],
    ['x.tar', 'gz', 'tar, gzip'],
    ['x.zip', 'xz', 'xz'],
  ] as const)
    it(`${output}${format && ` with format ${format}`}: ${expected}`, () => {
      assert.equal(formatName(detectFormat(output, format || undefined)), expected);
    });

  it('takes levels as Packer does', () => {
    assert.deepEqual([undefined, 0, -1, 1, 9, 12, -2].map(effectiveLevel), [
      undefined,
      undefined,
      undefined,
      1,
      9,
      9,
      -2,
    ]);
  });
});
