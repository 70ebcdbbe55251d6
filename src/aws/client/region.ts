import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KilnError } from '../../sdk/errors.ts';
import type { AccessOptions } from '../options/index.ts';

/** The build region: option, environment, then the profile in ~/.aws/config. Throws KilnError when none says. */
export async function chosenRegion(access: AccessOptions): Promise<string> {
  const region = regionAtHand(access) ?? (await regionOfProfile(access));
  if (region) return region;
  throw new KilnError('nothing says which AWS region to build in', {
    hint: 'set region in the template, AWS_REGION in the environment, or region in ~/.aws/config',
    code: 'aws-region',
  });
}

/** The region as far as it can be told without reading a file. */
export function regionAtHand(access: Pick<AccessOptions, 'region'>): string | undefined {
  return access.region || process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || undefined;
}

async function regionOfProfile(access: AccessOptions): Promise<string | undefined> {
  const profile = access.profile || process.env['AWS_PROFILE'] || 'default';
  const file = process.env['AWS_CONFIG_FILE'] || join(homedir(), '.aws', 'config');
  const text = await readFile(file, 'utf8').catch(() => '');
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(?:profile\s+)?["']?(.+?)["']?\s*\]/.exec(line);
    if (section) inside = section[1] === profile;
    const value = inside ? /^region\s*=\s*(\S+)/.exec(line) : null;
    if (value) return value[1];
  }
  return undefined;
}
