#!/usr/bin/env node
// Runs kiln from its sources; the build has a launcher of its own (scripts/pack.ts).
import { main } from './cli/main.ts';

await main(process.argv.slice(2));
