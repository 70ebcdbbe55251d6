import { type Fixer, has, isString, rename } from './fixer.ts';
import { type JsonValue, objectOf } from './json.ts';

export const vagrantOverride: Fixer = {
  name: 'pp-vagrant-override',
  apply({ postProcessors }) {
    for (const one of postProcessors) {
      if (one.type !== 'vagrant') continue;
      const given = ['aws', 'digitalocean', 'virtualbox', 'vmware'].filter(provider => has(one, provider));
      if (given.length === 0) continue;
      one.override = objectOf(given.map(provider => [provider, one[provider] ?? null]));
      for (const provider of given) delete one[provider];
    }
  },
};

export const manifestFilename: Fixer = {
  name: 'manifest-filename',
  keys: ['filename'],
  apply({ postProcessors }) {
    for (const one of postProcessors) {
      if (one.type === 'manifest') rename(one, 'filename', 'output', { when: isString });
    }
  },
};

export const dockerEmail: Fixer = {
  name: 'docker-email',
  keys: ['login_email'],
  apply({ builders, postProcessors, hasPostProcessors }) {
    if (!hasPostProcessors) return;
    for (const one of [...builders, ...postProcessors]) delete one.login_email;
  },
};

export const dockerTags: Fixer = {
  name: 'docker-tag-tags',
  keys: ['tag'],
  apply({ postProcessors }) {
    for (const one of postProcessors) {
      if (one.type !== 'docker-tag') continue;
      one.tags = [...new Set([...tagList(one.tag), ...tagList(one.tags)])];
      delete one.tag;
    }
  },
};

/** A list of strings, or a string with commas. */
function tagList(value: JsonValue | undefined): string[] {
  if (isString(value)) return value.split(',').map(tag => tag.trim());
  return Array.isArray(value) ? value.filter(isString) : [];
}
