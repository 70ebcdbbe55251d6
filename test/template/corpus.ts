import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));

/** What Packer 1.6.6 said about one public template. */
export interface CorpusEntry {
  readonly file: string;
  readonly text: string;
  readonly syntaxOnly: { readonly exit: number };
  readonly inspect: {
    readonly exit: number;
    readonly variables: Readonly<Record<string, string>>;
    readonly required: readonly string[];
    readonly builders: readonly { readonly name: string; readonly type: string }[];
    readonly provisioners: readonly string[];
  };
  readonly fix: { readonly exit: number; readonly document?: unknown };
  readonly validate: {
    readonly exit: number;
    /** Variables that were given the value x. */
    readonly vars?: readonly string[];
    /** Files and folders that the template points to: folders end with /, keys with " (private key)". */
    readonly created?: readonly string[];
    /** What Packer printed, 40 lines at most. */
    readonly errors?: readonly string[];
  };
}

/** The public JSON templates, with Packer's answers; undefined where they are not at hand. */
export function readCorpus(): readonly CorpusEntry[] | undefined {
  if (!existsSync(folder)) return undefined;
  return readFileSync(`${folder}packer-1.6.6.ndjson`, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('{"file": "json/'))
    .map(line => {
      const entry = JSON.parse(line) as CorpusEntry;
      return { ...entry, text: readFileSync(folder + entry.file, 'utf8') };
    });
}
