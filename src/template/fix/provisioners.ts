import { type Fixer, isString, rename } from './fixer.ts';

const unescapePowershell = (text: string): string => text.replace(/`([$"`'])/g, '$1');

/** kiln and Packer escape these themselves now; escapes written by hand would be escaped again. */
export const powershellEscapes: Fixer = {
  name: 'powershell-escapes',
  apply({ provisioners }) {
    for (const provisioner of provisioners) {
      if (provisioner.type !== 'powershell') continue;
      for (const key of ['elevated_user', 'elevated_password']) {
        const value = provisioner[key];
        if (isString(value)) provisioner[key] = unescapePowershell(value);
      }
      const variables = provisioner.environment_vars;
      if (variables === null) provisioner.environment_vars = [];
      if (Array.isArray(variables) && variables.every(isString))
        provisioner.environment_vars = variables.map(unescapePowershell);
    }
  },
};

export const galaxyCommand: Fixer = {
  name: 'galaxy-command',
  keys: ['galaxycommand'],
  apply({ provisioners }) {
    for (const provisioner of provisioners) {
      if (provisioner.type === 'ansible-local')
        rename(provisioner, 'galaxycommand', 'galaxy_command', { when: isString, keepNew: true });
    }
  },
};
