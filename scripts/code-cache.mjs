// Lets this Node compile the packs of dist/ as the hot commands need them, and keeps the result beside them: commands
// then start without parsing. Another Node ignores the files. Part of the build (scripts/build.ts).
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist');
const packs = readdirSync(folder)
  .filter(name => name.endsWith('.js') && name !== 'bin.js')
  .map(name => name.slice(0, -'.js'.length));
const cacheOf = pack => join(folder, `${pack}-${process.version}-${process.arch}.cache`);

/** @type {Map<string, vm.Script>} */
const scripts = new Map();
// The launcher compiles packs by itself only where a cache lies; an empty one is rejected, and then made.
for (const pack of packs) writeFileSync(cacheOf(pack), '');
vm.Script = class extends vm.Script {
  constructor(code, options) {
    super(code, options);
    scripts.set(options.filename, this);
  }
};
const template = join(root, 'templates', 'web-server.json');
const varFile = `-var-file=${join(root, 'templates', 'web-server.vars.json')}`;
const { main } = createRequire(import.meta.url)(join(folder, 'bin.js'));
for (const line of [
  ['validate', varFile, template],
  ['inspect', template],
  ['fix', template],
  ['fmt', '-check', template],
  ['version'],
])
  await main(line);

for (const pack of packs) {
  const script = scripts.get(join(folder, `${pack}.js`));
  if (script) writeFileSync(cacheOf(pack), script.createCachedData());
  else rmSync(cacheOf(pack));
}
// The commands' own exit codes do not matter here.
process.exitCode = 0;
