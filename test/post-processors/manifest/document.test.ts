import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  type ManifestBuild,
  parseManifest,
  printManifest,
  withBuild,
} from '../../../post-processors/manifest/document.ts';

const BUILD: ManifestBuild = {
  name: 'web',
  builder_type: 'amazon-ebs',
  build_time: 1795181327,
  files: [{ name: 'out/a.txt', size: 5 }],
  artifact_id: 'eu-west-1:ami-1,us-east-1:ami-2',
  packer_run_uuid: 'run-1',
  custom_data: { z: 'a<b>&c', a: '\u2028"', 10: 'x', 9: 'y' },
};

const TEXT = `{
  "builds": [
    {
      "name": "web",
      "builder_type": "amazon-ebs",
      "build_time": 1795181327,
      "files": [
        {
          "name": "out/a.txt",
          "size": 5
        }
      ],
      "artifact_id": "eu-west-1:ami-1,us-east-1:ami-2",
      "packer_run_uuid": "run-1",
      "custom_data": {
        "10": "x",
        "9": "y",
        "a": "\\u2028\\"",
        "z": "a\\u003cb\\u003e\\u0026c"
      }
    }
  ],
  "last_run_uuid": "run-1"
}`;

describe('manifest document', () => {
  it('is printed as Packer prints it', () => {
    assert.equal(printManifest(withBuild(parseManifest(''), BUILD, { force: false, runUuid: 'run-1' })), TEXT);
  });

  it('survives reading and printing, byte for byte', () => {
    assert.equal(printManifest(parseManifest(TEXT)), TEXT);
  });

  it('tells null from empty lists and objects, and leaves a time of 0 out', () => {
    const text = `{
  "builds": [
    {
      "name": "a",
      "builder_type": "null",
      "files": null,
      "artifact_id": "",
      "packer_run_uuid": "",
      "custom_data": null
    },
    {
      "name": "b",
      "builder_type": "null",
      "files": [],
      "artifact_id": "",
      "packer_run_uuid": "",
      "custom_data": {}
    }
  ],
  "last_run_uuid": ""
}`;
    assert.equal(printManifest(parseManifest(text)), text);
    assert.equal(printManifest(parseManifest('{}')), '{\n  "builds": null,\n  "last_run_uuid": ""\n}');
  });

  it('appends, also when the same build runs again', () => {
    const once = withBuild(parseManifest(''), BUILD, { force: false, runUuid: 'run-1' });
    const twice = withBuild(once, BUILD, { force: false, runUuid: 'run-2' });
    assert.equal(twice.builds?.length, 2);
    assert.equal(twice.last_run_uuid, 'run-2');
  });

  it('with force drops what other runs wrote, and only that', () => {
    const old = withBuild(parseManifest(''), BUILD, { force: false, runUuid: 'run-1' });
    const first = withBuild(old, { ...BUILD, name: 'one' }, { force: true, runUuid: 'run-2' });
    const second = withBuild(first, { ...BUILD, name: 'two' }, { force: true, runUuid: 'run-2' });
    assert.deepEqual(
      second.builds?.map(build => build.name),
      ['one', 'two'],
    );
  });

  it('reads names in other letters, drops unknown members, takes null for empty', () => {
    const read = parseManifest(
      '{"Builds":[{"NAME":"x","more":1,"files":[null],"custom_data":{"a":null}},null],"extra":{}}',
    );
    assert.equal(read.builds?.[0]?.name, 'x');
    assert.deepEqual(read.builds?.[0]?.files, [{ name: '', size: 0 }]);
    assert.deepEqual(read.builds?.[0]?.custom_data, { a: '' });
    assert.equal(read.builds?.[1]?.name, '');
  });

  for (const [text, complaint] of [
    ['[]', /the document is not an object/],
    ['{"builds":{}}', /builds is not a list/],
    ['{"builds":[{"name":1}]}', /builds\[0\]\.name is not a string/],
    ['{"builds":[{"build_time":1.5}]}', /builds\[0\]\.build_time is not a whole number/],
    ['{"builds":[{"files":[{"size":"1"}]}]}', /builds\[0\]\.files\[0\]\.size is not a whole number/],
    ['{"builds":[', /JSON/],
    ['\ufeff{}', /JSON/],
  ] as const)
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseManifest(text), complaint);
    });
});
