import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { LocalEc2 } from '../../src/local-ec2/index.ts';
import { hollowEc2, leaks, SOURCE } from '../helpers/ebs-bake.ts';
import { type Result, Scratch } from '../helpers/kiln.ts';

describe('kiln resume of HCL2 templates', function () {
  this.timeout(60_000);
  let scratch: Scratch;
  let server: LocalEc2;
  beforeEach(async () => {
    scratch = new Scratch();
    server = await hollowEc2(join(scratch.dir, 'ec2'));
  });
  afterEach(async () => {
    await server.close();
    scratch.remove();
  });

  const kiln = (...args: string[]): Promise<Result> =>
    scratch.run(args, {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    });
  const write = (second: string): void => {
    const sources = ['one', 'two'].map(name => `source "amazon-ebs.web" { name = "${name}" }`).join('\n');
    scratch.write(
      't.pkr.hcl',
      `variable "word" { type = string }
source "amazon-ebs" "web" {
  region        = "us-east-1"
  source_ami    = "${SOURCE}"
  instance_type = "t3.micro"
  communicator  = "none"
  ami_name      = "hcl-\${source.name}-\${var.word}"
}
build {
  ${sources}
  provisioner "shell-local" { inline = ["echo first \${source.name} \${build.ID} >>log"] }
  provisioner "shell-local" { inline = ["${second}"] }
  provisioner "shell-local" { inline = ["echo third \${source.name} \${build.ID} \${var.word} >>log"] }
}
`,
    );
  };
  const names = (): (string | undefined)[] =>
    server
      .state()
      .images.map(image => image.name)
      .sort();

  it('goes on with the builds that failed, with the variables they were begun with', async () => {
    write('test ${' + 'source.name} = one');
    assert.equal((await kiln('build', '-on-error=keep', '-var', 'word=hi', 't.pkr.hcl')).code, 1);
    assert.deepEqual(names(), ['hcl-one-hi']);
    write('true');
    const result = await kiln('resume');
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /amazon-ebs\.two: Going on at provisioner 2 of 3/);
    assert.deepEqual(names(), ['hcl-one-hi', 'hcl-two-hi']);
    const log = scratch.read('log').trim().split('\n').sort();
    assert.deepEqual(
      log.map(line => line.replace(/i-\w+/, 'ID')),
      ['first one ID', 'first two ID', 'third one ID hi', 'third two ID hi'],
    );
    const idOf = (text: string): string | undefined => log.find(line => line.startsWith(text))?.split(' ')[2];
    assert.equal(idOf('first two'), idOf('third two'));
    assert.deepEqual(leaks(server), {});
  });

  it('of a build that -only chose leaves the others alone', async () => {
    write('false');
    assert.equal(
      (await kiln('build', '-on-error=keep', '-only=amazon-ebs.two', '-var', 'word=x', 't.pkr.hcl')).code,
      1,
    );
    write('true');
    const result = await kiln('resume', 'last');
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(names(), ['hcl-two-x']);
    const history = (await kiln('runs', 'last')).stdout;
    assert.match(history, /Z {2}failed\b[\s\S]*Z {2}resumed\n[\s\S]*finished AMI [\s\S]*Z {2}succeeded\n$/);
  });
});
