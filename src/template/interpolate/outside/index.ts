import { CallFault } from '../faults.ts';
import type { OutsideWorld } from '../functions.ts';
import { Lookups, type SecretLookup } from '../lookups.ts';

/** The functions that reach outside, for the rendering of variables. Nothing is loaded or asked before one is called. */
export function createOutside(
  env: Readonly<Record<string, string | undefined>>,
  secrets: SecretLookup | undefined,
): OutsideWorld {
  const lookups = new Lookups();
  return {
    env: name => env[name] ?? '',
    consulKey: key => lookups.get(`consul\0${key}`, async () => (await import('./consul.ts')).readConsulKey(key, env)),
    vault: (path, key) =>
      lookups.get(`vault\0${path}\0${key}`, async () => (await import('./vault.ts')).readVault(path, key, env)),
    secret: (name, key) => {
      requireName(name);
      return lookups.get(`secret\0${name}\0${key === undefined ? '' : `=${key}`}`, async () =>
        (await import('./secrets-manager.ts')).readSecret(name, key, secrets),
      );
    },
    rawSecret: name => {
      requireName(name);
      return lookups.get(`raw\0${name}`, async () =>
        (await import('./secrets-manager.ts')).readRawSecret(name, secrets),
      );
    },
  };
}

function requireName(name: string): void {
  if (name === '') throw new CallFault('the name of the secret is empty');
}
