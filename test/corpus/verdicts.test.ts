import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { type CorpusEntry, readCorpus } from '../template/corpus.ts';
import { prepareEntry, standInTools, type Validated, validateEntry } from './prepare.ts';

const corpus = readCorpus();

/** Templates that kiln accepts and Packer 1.6.6 does not: newer Packers accept them. */
const VALID_FOR_NEWER_PACKER: Readonly<Record<string, string>> = {
  '049': 'gp3 without throughput',
  '077': 'skip_create_ami',
  '084': 'gp3 without throughput',
};

/** Templates that Packer 1.6.6 accepts and kiln does not: they have components that are not built in. */
const NOT_BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  '009': ['builder docker', 'post-processor docker-push', 'post-processor docker-tag'],
  '030': ['builder virtualbox-ovf'],
  '040': ['builder azure-arm'],
  '058': ['builder docker'],
  '068': ['builder docker'],
  '076': ['builder docker'],
};

/** Templates that both refuse, kiln for further builds too: those have builders that are not built in. */
const MORE_NOT_BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  '047': ['hyperv-iso', 'qemu', 'virtualbox-iso', 'vmware-iso'],
  '086': ['azure-arm'],
  '093': ['hyperv-iso', 'qemu', 'virtualbox-iso', 'vmware-iso'],
};

/** Options that Packer 1.6.6 refuses and newer ones know. */
const NEWER_OPTIONS = new Set(['skip_create_ami']);

/** What Packer found, read from the lines it printed. */
interface Peer {
  readonly parseError: boolean;
  readonly unknownComponents: readonly string[];
  /** Names of builds, and the lines about each. */
  readonly builds: ReadonlyMap<string, readonly string[]>;
}

function peerOf({ validate: { errors = [] } }: CorpusEntry): Peer {
  const builds = new Map<string, string[]>();
  let build = '';
  for (const line of errors) {
    const head = /^Error: Failed to (?:prepare|initialize) build:? "(.*)"$/.exec(line);
    if (head) build = head[1] ?? '';
    builds.set(build, [...(builds.get(build) ?? []), line]);
  }
  builds.delete('');
  const unknown = /error initializing (builder|provisioner|post-processor) '([^']+)': Unknown/g;
  return {
    parseError: /^Failed to parse template/.test(errors[0] ?? ''),
    unknownComponents: [...errors.join(' ').matchAll(unknown)].map(([, kind, type]) => `${kind} ${type}`),
    builds,
  };
}

/** Packer's complaints about options: of each line that names some, kiln must name one as well. */
function namedOptions(lines: readonly string[]): string[][] {
  return lines
    .filter(line => line.includes('*'))
    .flatMap(line => {
      const names = line.match(/\b[a-z]+(?:_[a-z0-9]+)+\b/g);
      return names && !names.every(name => NEWER_OPTIONS.has(name)) ? [names] : [];
    });
}

describe('kiln validate on public templates', () => {
  let root = '';
  const results = new Map<string, Validated>();
  const saved = { cwd: process.cwd(), env: { ...process.env } };

  before(async function () {
    if (!corpus) return this.skip();
    this.timeout(120_000);
    root = realpathSync(mkdtempSync(join(tmpdir(), 'kiln-corpus-')));
    for (const name of Object.keys(process.env))
      if (/^(AWS|PACKER|PKR|VAGRANT|ATLAS|HCP)_/.test(name)) delete process.env[name];
    process.env['PATH'] = `${standInTools(root)}:${process.env['PATH']}`;
    for (const entry of corpus) {
      const prepared = prepareEntry(entry, root);
      process.chdir(prepared.dir);
      results.set(entry.file, await validateEntry(entry, prepared));
    }
  });

  after(() => {
    process.chdir(saved.cwd);
    process.env = saved.env;
    if (root) rmSync(root, { recursive: true, force: true });
  });

  /**
   * What is wrong with the configuration itself. Packer stops at the first problem of a component, so the files that
   * an invalid template points to were not all made.
   */
  function errorsOf(entry: CorpusEntry): Validated['errors'] {
    const { errors } = results.get(entry.file) ?? assert.fail(entry.file);
    return entry.validate.exit === 0 ? errors : errors.filter(one => one.code !== 'missing-file');
  }
  const numberOf = ({ file }: CorpusEntry): string => file.slice('json/'.length, -'.json'.length);
  const entries = corpus ?? [];

  it('gives the verdicts of Packer 1.6.6, save those listed', () => {
    assert.equal(entries.length, 93);
    const different = entries.filter(entry => errorsOf(entry).length > 0 !== (entry.validate.exit !== 0));
    assert.deepEqual(
      different.map(numberOf),
      [...Object.keys(VALID_FOR_NEWER_PACKER), ...Object.keys(NOT_BUILT_IN)].sort(),
    );
  });

  it('refuses what Packer accepts only for components that are not built in', () => {
    for (const entry of entries.filter(one => one.validate.exit === 0)) {
      const components = errorsOf(entry).map(({ code, component, message }) => {
        assert.equal(code, 'not-built-in', `${entry.file}: ${message}`);
        return component ?? '';
      });
      assert.deepEqual([...new Set(components)].sort(), NOT_BUILT_IN[numberOf(entry)] ?? [], entry.file);
    }
  });

  it('finds the same components at fault', () => {
    for (const entry of entries.filter(one => one.validate.exit !== 0)) {
      if (Object.hasOwn(VALID_FOR_NEWER_PACKER, numberOf(entry))) continue;
      const errors = errorsOf(entry);
      const { failedBuilds, loading } = results.get(entry.file) ?? assert.fail();
      const { parseError, unknownComponents, builds } = peerOf(entry);
      assert.equal(parseError, loading.length > 0, `${entry.file}: found while parsing`);
      for (const component of unknownComponents)
        assert.ok(
          errors.some(one => one.component === component),
          `${entry.file}: ${component}`,
        );
      for (const name of builds.keys()) assert.ok(failedBuilds.includes(name), `${entry.file}: build ${name}`);
      // Packer stops at a parse error, and at the first component that it does not know; kiln goes on.
      if (parseError || unknownComponents.length > 0) continue;
      // 40 lines are all that was recorded.
      if (entry.validate.errors?.length === 40) continue;
      const more = failedBuilds.filter(name => !builds.has(name));
      assert.deepEqual(more.sort(), MORE_NOT_BUILT_IN[numberOf(entry)] ?? [], entry.file);
    }
  });

  it('names the options that Packer names, for components that are built in', () => {
    let compared = 0;
    for (const entry of entries.filter(one => one.validate.exit !== 0)) {
      if (Object.hasOwn(VALID_FOR_NEWER_PACKER, numberOf(entry))) continue;
      const said = errorsOf(entry).map(one => `${one.message} ${one.hint ?? ''}`);
      for (const [name, lines] of peerOf(entry).builds) {
        if (!isAmazon(entry, name)) continue;
        for (const options of namedOptions(lines)) {
          compared += 1;
          assert.ok(
            said.some(text => options.some(option => text.includes(option))),
            `${entry.file}: nothing about ${options.join(', ')} in:\n${said.join('\n')}`,
          );
        }
      }
    }
    assert.ok(compared > 25, String(compared));
  });

  it('has every difference in docs/packer-compatibility.md', () => {
    const page = readFileSync(new URL('../../docs/packer-compatibility.md', import.meta.url), 'utf8');
    for (const number of [VALID_FOR_NEWER_PACKER, NOT_BUILT_IN, MORE_NOT_BUILT_IN].flatMap(Object.keys))
      assert.match(page, new RegExp(`^\\| ${number} `, 'm'));
  });
});

function isAmazon(entry: CorpusEntry, build: string): boolean {
  return entry.inspect.builders.some(one => one.name === build && one.type.startsWith('amazon-'));
}
