import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Puts a program into a folder that stands for a tool the test machine has not: a shell script. */
export function standIn(folder: string, name: string, body: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}
