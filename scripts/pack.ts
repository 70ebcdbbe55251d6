// Turns esbuild's many small ES modules into few CommonJS files. Node's ES module loader costs about half a millisecond a
// file, which is a third of the time of `kiln validate`; and V8 can keep compiled CommonJS code from the build on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildResult, transform } from 'esbuild';

/** Files that are loaded as a whole: the chunks that these entry modules need at once are in it, each run on demand. */
export interface Pack {
  readonly name: string;
  /** Matches source paths of entry modules: bin's, and what is imported with `import()`. */
  readonly entries: RegExp;
}

export interface PackOptions {
  readonly folder: string;
  /** The first one is the start. */
  readonly packs: readonly [Pack, ...Pack[]];
  /** Packages that are ES modules and stay packages: imported by Node itself. */
  readonly esPackages: readonly string[];
}

type Output = BuildResult<{ metafile: true; write: false }>;

/** Writes a bundle that esbuild split into chunks (ES modules, not written, with a metafile). */
export async function writePacks(bundle: Output, options: PackOptions): Promise<void> {
  const { folder, packs } = options;
  const graph = new Graph(bundle);
  const code = new Map<string, string>();
  for (const file of bundle.outputFiles) code.set(basename(file.path), await toFunctionBody(file.text, options));

  mkdirSync(join(folder, 'chunks'), { recursive: true });
  const packOf = new Map<string, string>();
  for (const pack of packs) {
    const names = [...graph.reached(pack.entries)].filter(name => !packOf.has(name));
    for (const name of names) packOf.set(name, pack.name);
    const chunks = names.map(name => `${JSON.stringify(name)}(module,exports,require,__import){${code.get(name)}}`);
    writeFileSync(join(folder, `${pack.name}.js`), `"use strict";module.exports={\n${chunks.join(',\n')}\n};\n`);
  }
  for (const [name, body] of code)
    if (!packOf.has(name))
      writeFileSync(
        join(folder, 'chunks', name),
        `"use strict";module.exports=function(module,exports,require,__import){${body}};\n`,
      );
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  writeFileSync(join(folder, 'bin.js'), launcher(graph.start, packOf), { mode: 0o755 });
}

/** A chunk as CommonJS, to stand inside of a function with `require` and `__import`. */
async function toFunctionBody(text: string, { esPackages }: PackOptions): Promise<string> {
  const packages = new RegExp(`\\bimport\\("(${esPackages.join('|')})"\\)`, 'g');
  const { code } = await transform(text.replace(packages, '__import("$1")'), {
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    supported: { 'dynamic-import': false },
    minify: true,
    legalComments: 'none',
  });
  return code.trimEnd();
}

class Graph {
  readonly #outputs = new Map<string, { readonly entry: string | undefined; readonly needs: readonly string[] }>();

  constructor({ metafile }: Output) {
    for (const [path, output] of Object.entries(metafile.outputs)) {
      const needs = output.imports.filter(one => one.kind === 'import-statement' && !one.external);
      this.#outputs.set(basename(path), { entry: output.entryPoint, needs: needs.map(one => basename(one.path)) });
    }
  }

  /** The chunk of the executable's entry module. */
  get start(): string {
    for (const [name, { entry }] of this.#outputs) if (entry === 'src/cli/main.ts') return name;
    throw new Error('src/cli/main.ts is not in the bundle');
  }

  /** The chunks of matching entry modules, and all that they import statically. */
  reached(entries: RegExp): ReadonlySet<string> {
    const reached = new Set<string>();
    const visit = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      for (const need of this.#outputs.get(name)?.needs ?? []) visit(need);
    };
    for (const [name, { entry }] of this.#outputs) if (entry !== undefined && entries.test(entry)) visit(name);
    if (reached.size === 0) throw new Error(`no entry module matches ${entries}`);
    return reached;
  }
}

/** The executable: runs chunks on demand, each once, from their packs or from their own files. */
function launcher(start: string, packOf: ReadonlyMap<string, string>): string {
  return `#!/usr/bin/env node
"use strict";
const { readFileSync } = require("node:fs");
const packOf = ${JSON.stringify(Object.fromEntries(packOf))};
const packs = {};
const modules = {};
const __import = name => import(name);
// Code that the build had compiled by this very Node (see scripts/code-cache.mjs); else Node's own cache, where it has one.
function loadPack(name) {
  const file = \`\${__dirname}/\${name}.js\`;
  let cachedData;
  try {
    cachedData = readFileSync(\`\${__dirname}/\${name}-\${process.version}-\${process.arch}.cache\`);
  } catch {
    require("node:module").enableCompileCache?.();
    return require(file);
  }
  const { Script } = require("node:vm");
  const script = new Script(\`(function(module,require){\${readFileSync(file, "utf8")}\\n})\`, { filename: file, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(module, require);
  return module.exports;
}
function load(id) {
  if (!id.startsWith("./")) return require(id);
  const name = id.slice(2);
  const known = modules[name];
  if (known) return known.exports;
  const module = (modules[name] = { exports: {} });
  const pack = packOf[name];
  const chunk = pack ? (packs[pack] ??= loadPack(pack))[name] : require(\`./chunks/\${name}\`);
  chunk(module, module.exports, load, __import);
  return module.exports;
}
exports.main = argv => load("./${start}").main(argv);
if (require.main === module) exports.main(process.argv.slice(2));
`;
}
