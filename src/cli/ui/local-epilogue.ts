import { homedir } from 'node:os';
import type { OpenedLocalEc2 } from '../local/open.ts';

/** What to do with an image that was baked on the embedded EC2: the last lines of a local bake. */
export function localEpilogue(local: OpenedLocalEc2, manifests: readonly string[]): string {
  const home = homedir();
  const folder = local.storeDir.startsWith(`${home}/`) ? `~${local.storeDir.slice(home.length)}` : local.storeDir;
  return [
    '',
    ...manifests.map(path => `Manifest: ${path}`),
    `The image lies in ${folder}; "kiln local images" lists all of them.`,
    'Next: give its id as "source_ami" to another template, or bake the same template on AWS without -local.',
    '',
  ].join('\n');
}
