import type { Stats } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';

/** Numbers that distributions give to people's accounts. */
const FIRST_PERSON = 1000;
const LAST_PERSON = 59_999;

/** A file that stands in the place of the host's, with the host's owner and mode. */
export interface ReplacedFile {
  readonly text: string;
  readonly stats: Stats;
}

/**
 * The system's own users and groups are there, for the programs that run as them; people are not, and nobody can log
 * in with a password of the host.
 */
export async function strippedAccounts(): Promise<ReadonlyMap<string, ReplacedFile>> {
  const replaced = new Map<string, ReplacedFile>();
  const texts = new Map<string, ReplacedFile>();
  for (const name of ['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid']) {
    const path = `/etc/${name}`;
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile()) texts.set(name, { text: await readFile(path, 'utf8'), stats });
  }
  const people = new Set<string>();
  for (const name of ['passwd', 'group'])
    for (const line of (texts.get(name)?.text ?? '').split('\n')) {
      const [who = '', , id = ''] = line.split(':');
      if (Number(id) >= FIRST_PERSON && Number(id) <= LAST_PERSON) people.add(who);
    }
  for (const [name, { text, stats }] of texts) {
    const lines = text.split('\n').filter(line => !people.has(line.split(':')[0] ?? ''));
    const members = name === 'group' || name === 'gshadow';
    const locked = name === 'shadow' || name === 'gshadow';
    const kept = lines.map(line => {
      const fields = line.split(':');
      if (locked && fields.length > 1) fields[1] = '*';
      for (const at of members ? [2, 3].slice(name === 'group' ? 1 : 0) : [])
        if (fields[at] !== undefined)
          fields[at] = (fields[at] ?? '')
            .split(',')
            .filter(who => !people.has(who))
            .join(',');
      return fields.join(':');
    });
    replaced.set(`/etc/${name}`, { text: kept.join('\n'), stats });
  }
  return replaced;
}
