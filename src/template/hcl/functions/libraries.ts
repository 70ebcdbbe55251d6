import type { Libraries } from './context.ts';

/** Loads what the called functions need, before evaluation, which cannot wait, begins. */
export async function loadLibraries(libraries: Libraries, called: ReadonlySet<string>): Promise<void> {
  if ((called.has('yamlencode') || called.has('yamldecode')) && !libraries.yaml) libraries.yaml = await import('yaml');
  if (called.has('bcrypt') && !libraries.bcrypt) libraries.bcrypt = (await import('bcryptjs')).default;
}
