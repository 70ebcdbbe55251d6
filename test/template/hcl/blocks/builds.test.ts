import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { load, optionsOf, withBuild } from './load.ts';

const SOURCES =
  'source "null" "a" {\n  communicator = "none"\n}\nsource "file" "b" {\n  target = "${source.type}-${source.name}"\n}\n';

describe('HCL builds', () => {
  it('makes one build per use of a source, in order, and names them', async () => {
    const { template, found } = await load(
      `${SOURCES}build {\n  name        = "first"\n  description = "What it is."\n  sources     = ["source.null.a", "file.b"]\n  source "file.b" {\n    name    = "c"\n    content = "x"\n  }\n}\nbuild {\n  sources = ["sources.null.a"]\n}\n`,
    );
    assert.deepEqual(found, []);
    assert.equal(template?.description, 'What it is.');
    assert.deepEqual(
      template?.builds.map(({ name, builderType, displayName }) => [name, builderType, displayName]),
      [
        ['a', 'null', 'first.null.a'],
        ['b', 'file', 'first.file.b'],
        ['b', 'file', 'first.file.c'],
        ['a', 'null', 'null.a'],
      ],
    );
    assert.deepEqual(optionsOf(template?.builds[1]?.builder), { target: 'file-b' });
    assert.deepEqual(optionsOf(template?.builds[2]?.builder), { target: 'file-c', content: 'x' });
  });

  it('refuses to set again what the source sets', async () => {
    const { template } = await load(`${SOURCES}build {\n  source "file.b" {\n    target = "x"\n  }\n}\n`);
    assert.deepEqual(optionsOf(template?.builds[0]?.builder), ['"target" is already set']);
  });

  it('reads the common arguments of provisioners and post-processors', async () => {
    const { template, found } = await load(
      withBuild(
        'variable "r" {\n  default = 3\n}\n',
        `  provisioner "shell" {
    name              = "p"
    pause_before      = "10s"
    timeout           = "1h30m"
    max_retries       = var.r
    continue_on_error = true
    inline            = ["x"]
  }
  error-cleanup-provisioner "shell-local" {
    inline = ["clean"]
  }
  post-processor "manifest" {
    keep_input_artifact = false
  }
  post-processors {
    post-processor "compress" {
      name = "c"
    }
    post-processor "checksum" {}
  }`,
      ),
    );
    assert.deepEqual(found, []);
    const [build] = template!.builds;
    const [provisioner] = build!.provisioners;
    const { options: _, span, ...meta } = provisioner!;
    assert.deepEqual(meta, {
      type: 'shell',
      name: 'p',
      pauseBefore: 10_000,
      timeout: 5_400_000,
      maxRetries: 3,
      continueOnError: true,
    });
    assert.ok(span.file.text.slice(span.start, span.end) === '"shell"');
    assert.deepEqual(optionsOf(provisioner), { inline: ['x'] });
    assert.deepEqual(optionsOf(build?.errorCleanup), { inline: ['clean'] });
    assert.deepEqual(
      build?.sequences.map(sequence => sequence.map(one => [one.type, one.name, one.named, one.keepInputArtifact])),
      [
        [['manifest', 'manifest', false, false]],
        [
          ['compress', 'c', true, undefined],
          ['checksum', 'checksum', false, undefined],
        ],
      ],
    );
  });

  it('honours only, except and override', async () => {
    const { template, found } = await load(
      `${SOURCES}build {
  sources = ["null.a", "file.b"]
  provisioner "shell" {
    only   = ["null.a"]
    inline = ["one"]
  }
  provisioner "shell-local" {
    except = ["null.a"]
    inline = ["two"]
    override = {
      b = { inline = ["three"], env = { K = "v" } }
    }
  }
  post-processor "manifest" {
    only = ["file.b"]
  }
}
`,
    );
    assert.deepEqual(found, []);
    const [a, b] = template!.builds;
    assert.deepEqual(
      a?.provisioners.map(one => optionsOf(one)),
      [{ inline: ['one'] }],
    );
    assert.deepEqual(a?.sequences, []);
    assert.deepEqual(
      b?.provisioners.map(one => optionsOf(one)),
      [{ inline: ['three'], env: { K: 'v' } }],
    );
    assert.deepEqual(
      b?.sequences.map(one => one.map(two => two.type)),
      [['manifest']],
    );
  });

  it('shows "<unknown>" before the build runs and its values then', async () => {
    const { template, found } = await load(
      withBuild(
        '',
        '  provisioner "shell" {\n    inline = ["${build.ID} ${build.Own} ${build.name} ${source.name}"]\n  }\n',
      ).replace('build {', 'build {\n  name = "bn"'),
    );
    assert.deepEqual(found, []);
    const [provisioner] = template!.builds[0]!.provisioners;
    assert.deepEqual(optionsOf(provisioner), { inline: ['<unknown> <unknown> bn n'] });
    assert.deepEqual(optionsOf(provisioner, { ID: 'i-1' }), { inline: ['i-1 <unknown> bn n'] });
    assert.equal(provisioner?.options(undefined).node, provisioner?.options(undefined).node);
  });

  it('keeps build.* out of sources and says where it belongs', async () => {
    const { template } = await load(
      'source "null" "n" {\n  ssh_host = build.Host\n}\nbuild {\n  sources = ["null.n"]\n}\n',
    );
    assert.deepEqual(optionsOf(template?.builds[0]?.builder), [
      '"build" exists only inside a provisioner or a post-processor',
    ]);
  });

  it('expands dynamic blocks at any depth', async () => {
    const { template, found } = await load(
      `locals {
  disks = { root = [8], data = [16, 32] }
}
source "null" "n" {
  dynamic "disk" {
    for_each = local.disks
    iterator = d
    content {
      name = d.key
      dynamic "part" {
        for_each = d.value
        content {
          size = part.value
          of   = d.key
        }
      }
    }
  }
  dynamic "none" {
    for_each = []
    content {}
  }
}
build {
  sources = ["null.n"]
  dynamic "provisioner" {
    for_each = ["x", "y"]
    labels   = ["shell-\${provisioner.value}"]
    content {
      inline = [provisioner.key]
    }
  }
}
`,
    );
    assert.deepEqual(found, []);
    const [build] = template!.builds;
    assert.deepEqual(optionsOf(build?.builder), {
      disk: [
        {
          name: 'data',
          part: [
            { size: 16, of: 'data' },
            { size: 32, of: 'data' },
          ],
        },
        { name: 'root', part: [{ size: 8, of: 'root' }] },
      ],
    });
    assert.deepEqual(
      build?.provisioners.map(one => [one.type, optionsOf(one)]),
      [
        ['shell-x', { inline: [0] }],
        ['shell-y', { inline: [1] }],
      ],
    );
  });

  it('selects builds and post-processors by patterns', async () => {
    const text = `${SOURCES}build {\n  name    = "w"\n  sources = ["null.a", "file.b"]\n  post-processors {\n    post-processor "compress" {}\n    post-processor "checksum" {\n      name = "sum"\n    }\n    post-processor "manifest" {}\n  }\n}\n`;
    const names = async (only: string[], except: string[]) => {
      const { template, diagnostics } = await load(text, { only, except });
      return [template?.builds.map(one => one.displayName), diagnostics.map(one => one.code)];
    };
    assert.deepEqual(await names(['w.*.a'], []), [['w.null.a'], []]);
    assert.deepEqual(await names(['w.{null,file}.[!a]'], []), [['w.file.b'], []]);
    assert.deepEqual(await names([], ['*.b']), [['w.null.a'], []]);
    assert.deepEqual(await names(['a'], []), [[], ['unmatched-pattern', 'nothing-selected']]);
    assert.deepEqual(await names(['w.[a'], []), [[], ['invalid-pattern', 'nothing-selected']]);
    const { template } = await load(text, { except: ['s?m'] });
    assert.deepEqual(
      template?.builds[0]?.sequences.map(one => one.map(two => two.name)),
      [['compress']],
    );
  });

  it('reports what does not fit together', async () => {
    const { found } = await load(`${SOURCES}source "null" "a" {
}
build {
  sources = ["source.null.x", "nul", "null.a"]
  provisioner "shell" {
    only    = ["null.a"]
    except  = ["file.b"]
    timeout = "soon"
    max_retries = -1
  }
  provisioner {
  }
  provisionr "shell" {
  }
  error-cleanup-provisioner "shell" {
  }
  error-cleanup-provisioner "shell" {
  }
  foo = 1
}
resource "a" "b" {
}
build {
}
`);
    assert.deepEqual(found, [
      'a.pkr.hcl:7 duplicate-source',
      'a.pkr.hcl:10 unknown-source',
      'a.pkr.hcl:10 invalid-reference',
      'a.pkr.hcl:13 only-and-except',
      'a.pkr.hcl:14 invalid-duration',
      'a.pkr.hcl:15 wrong-type',
      'a.pkr.hcl:17 missing-label',
      'a.pkr.hcl:19 unknown-block',
      'a.pkr.hcl:23 duplicate-block',
      'a.pkr.hcl:25 unknown-argument',
      'a.pkr.hcl:27 unknown-block',
    ]);
  });

  it('shows how a list is written where a text stands', async () => {
    const { diagnostics } = await load(`${SOURCES}build {\n  sources = "null.a"\n}\n`);
    const wrong = diagnostics.find(one => one.code === 'wrong-type');
    assert.equal(wrong?.message, '"sources": a list of strings is required, not a string');
    assert.equal(wrong?.hint, 'write ["null.a"]');
  });

  it('goes on with the source that a misspelt name meant, to find what else is wrong', async () => {
    const { found, template } = await load(`${SOURCES}build {\n  sources = ["null.aa"]\n}\n`);
    assert.deepEqual(found, ['a.pkr.hcl:8 unknown-source']);
    assert.equal(template?.builds[0]?.builderType, 'null');
  });

  it('wants something to build', async () => {
    assert.deepEqual((await load(SOURCES)).found, ['- no-build']);
    assert.deepEqual((await load(SOURCES, { syntaxOnly: true })).found, []);
    assert.deepEqual((await load(`${SOURCES}build {\n}\n`)).found, ['a.pkr.hcl:7 no-sources']);
  });
});
