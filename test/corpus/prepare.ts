import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { catalog } from '../../src/catalog.ts';
import { planBuilds } from '../../src/engine/plan.ts';
import type { Diagnostic } from '../../src/sdk/diagnostics.ts';
import { loadTemplate } from '../../src/template/load.ts';
import type { CorpusEntry } from '../template/corpus.ts';

const KEY_MARK = ' (private key)';
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });

/** Tools that Packer asked for a version when the answers were recorded. */
const TOOLS: Readonly<Record<string, string>> = {
  'ansible-playbook': 'ansible-playbook 2.9.27',
  inspec: '4.18.0',
  vagrant: 'Vagrant 2.2.14',
};

/** Where one template was laid out, with the files it points to. */
export interface Prepared {
  readonly dir: string;
  readonly file: string;
}

/**
 * Lays a template out as the corpus says: alone in a folder four levels deep, with the files it points to. Absolute
 * paths are moved below `root`, in the template's text too, so that nothing is written outside of it.
 */
export function prepareEntry(entry: CorpusEntry, root: string): Prepared {
  const file = basename(entry.file);
  const dir = join(root, 'a', 'b', 'c', basename(entry.file, '.json'));
  mkdirSync(dir, { recursive: true });
  let { text } = entry;
  for (const created of entry.validate.created ?? []) {
    const isKey = created.endsWith(KEY_MARK);
    const written = isKey ? created.slice(0, -KEY_MARK.length) : created;
    const moved = written.startsWith('/') ? join(root, 'absolute', written) : written;
    if (moved !== written) text = text.replaceAll(written, moved);
    const path = resolve(dir, moved);
    if (!path.startsWith(root)) throw new Error(`${entry.file} points to ${written}, outside of ${root}`);
    if (written.endsWith('/')) mkdirSync(path, { recursive: true });
    else {
      mkdirSync(dirname(path), { recursive: true });
      if (!existsSync(path)) writeFileSync(path, isKey ? key : '', { mode: 0o600 });
    }
  }
  writeFileSync(join(dir, file), text);
  return { dir, file };
}

/** One-line stand-ins for the tools; gives the folder for PATH. */
export function standInTools(root: string): string {
  const folder = join(root, 'bin');
  mkdirSync(folder, { recursive: true });
  for (const [name, says] of Object.entries(TOOLS)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho '${says}'\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** What `kiln validate` finds, and which builds it holds for broken. */
export interface Validated {
  /** Found before any component was looked at. */
  readonly loading: readonly Diagnostic[];
  readonly errors: readonly Diagnostic[];
  readonly failedBuilds: readonly string[];
}

/** Validates a template in its folder, which must be the working folder of the process. */
export async function validateEntry(entry: CorpusEntry, { dir, file }: Prepared): Promise<Validated> {
  const { template, diagnostics } = await loadTemplate(file, {
    vars: (entry.validate.vars ?? []).map(name => [name, 'x'] as const),
    varFiles: [],
    only: [],
    except: [],
    syntaxOnly: false,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    cwd: dir,
    startedAt: new Date(),
  });
  const isError = (one: Diagnostic): boolean => one.severity === 'error';
  const loading = diagnostics.filter(isError);
  if (!template) return { loading, errors: loading, failedBuilds: [] };
  const options = { force: false, debug: false, onError: 'cleanup', local: false, mustRun: false } as const;
  const plans = await planBuilds(template, catalog, options);
  return {
    loading,
    errors: [...loading, ...plans.diagnostics.filter(isError)],
    failedBuilds: plans.failed.map(one => one.name),
  };
}
