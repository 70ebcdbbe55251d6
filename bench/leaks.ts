// node --import tsx bench/leaks.ts [SIGKILL|SIGINT|SIGTERM|all] [template...]: hits bakes at every one of their calls
// and shows what each left. Not a measure of speed; test/never-leak runs a part of it.
import { sweep } from '../test/never-leak/sweep.ts';
import { TEMPLATES } from '../test/never-leak/templates.ts';

const ALL = ['SIGKILL', 'SIGINT', 'SIGTERM'] as const;
const [which = 'all', ...names] = process.argv.slice(2);
let wrong = 0;
for (const signal of ALL.filter(one => which === 'all' || which === one)) {
  for (const name of names.length > 0 ? names : Object.keys(TEMPLATES)) {
    const result = await sweep(name, { signal });
    wrong += result.complaints.length;
    for (const one of result.complaints) console.log(`  ${one}`);
    console.log(
      `${signal} ${name}: ${result.calls} calls, ${result.runs} runs, ${result.withFinished} with finished images, ` +
        `${result.complaints.length} complaints, ${Math.round(result.milliseconds / 1000)} s`,
    );
  }
}
process.exitCode = wrong > 0 ? 1 : 0;
