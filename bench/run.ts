// npm run bench [startup|bake|throttle ...]: prints tables; nothing here is a test.
import { fileURLToPath } from 'node:url';
import { benchBake } from './bake.ts';
import { benchStartup } from './startup.ts';
import { benchThrottle } from './throttle.ts';

const kiln = [process.execPath, fileURLToPath(new URL('../dist/bin.js', import.meta.url))];
const wanted = process.argv.slice(2);
const all: Readonly<Record<string, (command: readonly string[]) => Promise<void>>> = {
  startup: benchStartup,
  bake: benchBake,
  throttle: benchThrottle,
};
for (const [name, bench] of Object.entries(all)) if (wanted.length === 0 || wanted.includes(name)) await bench(kiln);
