#!/usr/bin/env node
import nodeModule from 'node:module';

// Node 22 and later keep compiled code between runs; Node 20 has no such thing.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();
const { main } = await import('./cli/main.ts');
await main(process.argv.slice(2));
