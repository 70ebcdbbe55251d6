import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { plugin } from '../../../post-processors/shell-local/index.ts';
import { artifactOf, postProcess } from '../../helpers/post-process.ts';
import { tempFolders } from '../../helpers/temp-folder.ts';

describe('post-processor shell-local', () => {
  const folder = tempFolders();

  it('runs with the build data of the artifact and hands it on', async () => {
    const root = folder();
    const artifact = artifactOf(['a']);
    const result = await postProcess(
      plugin,
      {
        inline: ['echo "$PACKER_BUILD_NAME $MINE {{ build `ID` }} {{ .Region }}" > out'],
        environment_vars: [`MINE=it's {{ .Region }}`],
        execute_command: ['/bin/sh', '-c', `cd ${root} && {{ .Vars }} {{ .Script }}`],
      },
      { artifact, buildData: { ID: 'i-1', Region: 'eu-west-1' } },
    );
    assert.equal(result.artifact, artifact);
    assert.deepEqual([result.keepInput, result.forceKeepInput], [true, true]);
    assert.equal(readFileSync(join(root, 'out'), 'utf8'), "web it's eu-west-1 i-1 eu-west-1\n");
  });

  it('gives an execute_command of one word to the shell', async () => {
    const root = folder();
    await postProcess(
      plugin,
      { inline: ['echo ran'], execute_command: [`{{ .Vars }} {{ .Script }} > ${root}/out 2>&1`] },
      { artifact: artifactOf([]) },
    );
    assert.equal(readFileSync(join(root, 'out'), 'utf8'), 'ran\n');
  });

  it('fails with the script', async () => {
    await assert.rejects(postProcess(plugin, { inline: ['exit 3'] }, { artifact: artifactOf([]) }), /\b3\b/);
  });
});
