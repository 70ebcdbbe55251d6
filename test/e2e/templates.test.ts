import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { Scratch, whyNoMachines } from '../helpers/kiln.ts';

const TEMPLATES = join(import.meta.dirname, '../../templates');

/** Variables that the examples need. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'web-server.json': ['-var-file=web-server.vars.json'],
  'web-server.pkr.hcl': ['-var-file=web-server.pkrvars.hcl'],
};

/** Files that differ from machine to machine, whatever is baked: its names and keys, and the temporary key of the bake. */
const OF_THE_MACHINE =
  /^etc\/(ssh\/ssh_host_|hostname$|hosts$|machine-id$)|^var\/lib\/(cloud|systemd|dbus)(\/|$)|^home\/[^/]+\/\.ssh\/authorized_keys$|^var\/log\/|^(run|tmp)\//;

const files = readdirSync(TEMPLATES).filter(
  name => /\.json$|\.pkr\.hcl$/.test(name) && !/vars\.json$|pkrvars\.hcl$/.test(name),
);
const names = [...new Set(files.map(name => name.replace(/\.json$|\.pkr\.hcl$/, '')))];

/** What an image has beyond the one it started from: each path with its kind, owner, permissions and content. */
function contentOf(layer: string): Map<string, string> {
  const content = new Map<string, string>();
  const visit = (path: string): void => {
    for (const name of readdirSync(join(layer, path)).sort()) {
      const inner = path === '' ? name : `${path}/${name}`;
      const stat = lstatSync(join(layer, inner));
      const about = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`;
      if (OF_THE_MACHINE.test(inner)) continue;
      if (stat.isDirectory()) {
        content.set(inner, about);
        visit(inner);
      } else if (stat.isSymbolicLink()) content.set(inner, `${about} -> ${readlinkSync(join(layer, inner))}`);
      else if (stat.isFile()) {
        const hash = createHash('sha256')
          .update(readFileSync(join(layer, inner)))
          .digest('hex');
        content.set(inner, `${about} ${hash}`);
      } else content.set(inner, about);
    }
  };
  visit('');
  return content;
}

describe('templates/', () => {
  const scratch = new Scratch();
  const work = join(scratch.dir, 'work');

  before(() => {
    mkdirSync(work, { recursive: true });
    cpSync(TEMPLATES, work, { recursive: true });
  });
  after(() => scratch.remove());

  it('has every example in both languages', () => {
    assert.deepEqual(files.sort(), names.flatMap(name => [`${name}.json`, `${name}.pkr.hcl`]).sort());
    assert.ok(names.length >= 3);
  });

  it('is formatted', async () => {
    const { code, stdout } = await scratch.run(['fmt', '-check', '-recursive', '.']);
    assert.deepEqual([code, stdout], [0, '']);
  });

  for (const file of files) {
    it(`${file} is valid, without a warning`, async () => {
      const { code, stdout, stderr } = await scratch.run(['validate', ...(ARGUMENTS[file] ?? []), file]);
      assert.deepEqual([code, stdout, stderr], [0, 'The configuration is valid.\n', '']);
    });
  }

  const skip = whyNoMachines();
  describe(`baked on the embedded EC2${skip ? ` (skipped: ${skip})` : ''}`, function () {
    this.timeout(180_000);
    const layers = join(scratch.dir, 'data/kiln/local-ec2/machines/layers');
    before(function () {
      if (skip) this.skip();
    });

    async function bake(file: string): Promise<Map<string, string>> {
      const known = new Set(listed(layers));
      const result = await scratch.run(['build', '--local', '-force', ...(ARGUMENTS[file] ?? []), file]);
      assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
      const made = listed(layers).filter(name => !known.has(name));
      assert.equal(made.length, 1, `${file} made the layers ${made.join(', ')}`);
      return contentOf(join(layers, made[0] ?? ''));
    }

    for (const name of names) {
      it(`${name} is the same image from JSON and HCL2`, async () => {
        const json = await bake(`${name}.json`);
        const hcl = await bake(`${name}.pkr.hcl`);
        assert.ok(json.size > 5);
        assert.deepEqual(hcl, json);
        assert.deepEqual(scratch.mounts(), []);
      });
    }
  });
});

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
