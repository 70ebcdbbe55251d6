import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'mocha';
import { catalog } from '../../src/catalog.ts';
import { dataSources } from '../../src/cli/data-sources.ts';
import { planBuilds } from '../../src/engine/plan.ts';
import { loadTemplate } from '../../src/template/load.ts';
import { options } from '../template/hcl/blocks/load.ts';
import { type Diagnostic, formatPlace } from './place.ts';

const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/hcl');

/**
 * What keeps a single file of the corpus from being valid, besides files it points to, which are not there. The same table
 * is in docs/packer-compatibility.md. Files that are not listed are valid.
 */
const DIFFERENT: Readonly<Record<string, readonly string[]>> = {
  '002': ['not-built-in'],
  '003': ['not-built-in', 'unset-variable'],
  '004': ['unknown-reference'],
  '006': ['not-built-in', 'unknown-reference'],
  '007': ['not-built-in'],
  '009': ['missing-option'],
  '010': ['not-built-in'],
  '014': ['not-built-in', 'unknown-reference'],
  '015': ['function-failed'],
  '017': ['no-build'],
  '018': ['unknown-reference'],
  '020': ['no-build'],
  '021': ['unknown-reference'],
  '022': ['unknown-reference'],
  '023': ['unknown-argument', 'unknown-reference'],
  '024': ['unset-variable'],
  '027': ['function-failed'],
  '030': ['no-build'],
  '031': ['unknown-reference'],
  '032': ['not-built-in', 'unknown-reference'],
  '034': ['unset-variable'],
};

async function errorsOf(cwd: string, path: string): Promise<Diagnostic[]> {
  const { template, diagnostics } = await loadTemplate(
    path,
    options({ cwd, env: { HOME: process.env['HOME'] }, dataSources: dataSources() }),
  );
  const plan = { force: false, debug: false, onError: 'cleanup', local: false, mustRun: false } as const;
  const planned = template ? (await planBuilds(template, catalog, plan)).diagnostics : [];
  return [...diagnostics, ...planned].filter(one => one.severity === 'error');
}

describe('kiln validate on public HCL2 files', () => {
  it('accepts those that are complete, and tells of the others what they lack', async function () {
    if (!existsSync(CORPUS)) return this.skip();
    this.timeout(60_000);
    const found: Record<string, string[]> = {};
    const names = readdirSync(CORPUS).filter(name => name.endsWith('.pkr.hcl'));
    assert.equal(names.length, 32);
    for (const name of names) {
      const codes = new Set((await errorsOf(CORPUS, name)).map(({ code }) => code));
      codes.delete('missing-file');
      if (codes.size > 0) found[name.replace('.pkr.hcl', '')] = [...codes].sort();
    }
    assert.deepEqual(found, DIFFERENT);
  });
});

describe('files as they circulate', () => {
  const check = async (text: string): Promise<string[]> => {
    const stdin = async (): Promise<Buffer> => Buffer.from(text);
    const { template, diagnostics } = await loadTemplate('-', options({ configType: 'hcl2', stdin }));
    const plan = { force: false, debug: false, onError: 'cleanup', local: false, mustRun: false } as const;
    const planned = template ? (await planBuilds(template, catalog, plan)).diagnostics : [];
    return [...diagnostics, ...planned].filter(one => one.severity === 'error').map(formatPlace);
  };
  const SOURCE = `source "amazon-ebs" "demo" {
  ami_name      = "demo-ami"
  instance_type = "t3.micro"
  region        = "eu-central-1"
  source_ami_filter {
    filters = {
      name                = "ubuntu/images/*ubuntu-jammy-22.04-amd64-server-*"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    most_recent = true
    owners      = ["099720109477"]
  }
  ssh_username = "ubuntu"
}
`;

  it('accepts a source with a search for its image and inline commands', async () => {
    const build = `build {
  sources = ["source.amazon-ebs.demo"]
  provisioner "shell" {
    inline = ["sudo apt-get update", "sudo apt-get install -y redis"]
  }
}
`;
    assert.deepEqual(await check(SOURCE + build), []);
  });

  it('points at the missing comma between commands, and only there', async () => {
    const build = `packer {
  required_plugins {
    amazon = {
      version = ">= 1.0.0"
      source  = "github.com/hashicorp/amazon"
    }
  }
}
build {
  sources = ["source.amazon-ebs.demo"]
  provisioner "shell" {
    inline = [
      "echo one",
      "echo two"
      "echo three"
      "echo four",
    ]
  }
  post-processor "vagrant" {}
  post-processor "compress" {}
}
`;
    const found = await check(SOURCE + build);
    assert.deepEqual(
      found.map(one => one.split(' ')[0]),
      ['29:17', '30:19'],
      found.join('\n'),
    );
    for (const one of found) assert.match(one, /comma/);
  });
});
