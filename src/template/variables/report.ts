import { type Diagnostic, errorAt, warningAt } from '../../sdk/diagnostics.ts';
import type { Span } from '../../sdk/source.ts';
import { nearest } from '../../sdk/suggest.ts';
import { spanInside } from '../interpolate/locate.ts';
import { userReferences } from '../interpolate/references.ts';
import type { DeclaredVariable } from './resolve.ts';
import type { VariableRounds } from './rounds.ts';

/**
 * Whether Packer counts a value as unfinished: it holds a backquoted `user` call that fills its action, read as
 * Packer's pattern does (up to the last such ending on the line).
 */
export function isUnfinished(text: string): boolean {
  const closings = [...text.matchAll(/`[ \t\r\n\f]*\}\}/g)].map(match => match.index);
  let next = 0;
  for (const opening of text.matchAll(/\{\{[ \t\r\n\f]*user[ \t\r\n\f]*`/g)) {
    const from = opening.index + opening[0].length;
    while (next < closings.length && (closings[next] ?? 0) < from) next++;
    const closing = closings[next];
    if (closing === undefined) return false;
    const lineEnd = text.indexOf('\n', from);
    if (lineEnd < 0 || closing < lineEnd) return true;
  }
  return false;
}

/** The place in a variable's value where it calls for another. */
function callSpan(rounds: VariableRounds, name: string, wanted: string): Span | undefined {
  const node = rounds.sources.get(name);
  if (!node) return undefined;
  const call = userReferences(node.value).find(reference => reference.name === wanted);
  return call ? spanInside(node, call.start, call.end) : node.span;
}

/**
 * Packer's own loop never notices unresolved variables while some other value with a backquoted `user` call comes out
 * each round; they are then silently empty. There kiln only warns, so that both accept the same templates.
 */
function packerAccepts(rounds: VariableRounds): boolean {
  return [...rounds.values.keys()].some(name => isUnfinished(rounds.sources.get(name)?.value ?? ''));
}

/** Complaints about the variables that have no value because of what they refer to. */
export function reportUnresolved(rounds: VariableRounds, declared: readonly DeclaredVariable[]): Diagnostic[] {
  const lenient = packerAccepts(rounds);
  const known = [...new Set([...rounds.sources.keys(), ...declared.map(one => one.name)])];
  const diagnostics: Diagnostic[] = [];
  const inCycles = new Set<string>();
  for (const [name, wanted] of [...rounds.waiting].sort()) {
    if (rounds.waiting.has(wanted)) {
      const cycle = inCycles.has(name) ? undefined : cycleFrom(rounds.waiting, name);
      if (!cycle) continue;
      for (const member of cycle) inCycles.add(member);
      // Packer falls back to the raw text of a value from the command line or a var-file, and so leaves the circle.
      diagnostics.push(cycleDiagnostic(rounds, cycle, lenient || cycle.some(member => rounds.assigned.has(member))));
    } else if (!rounds.failed.has(wanted) && !rounds.unset.has(wanted)) {
      const near = nearest(
        wanted,
        known.filter(one => one !== name),
      );
      const hint =
        near === undefined
          ? `declare it under "variables", or give it with -var '${wanted}=VALUE'`
          : `did you mean "${near}"?`;
      const message = `the variable "${name}" refers to "${wanted}", which is not defined${lenient ? ', so its value is empty' : ''}`;
      diagnostics.push(
        (lenient ? warningAt : errorAt)(callSpan(rounds, name, wanted), 'undefined-variable', message, {
          hint,
          component: `variable "${name}"`,
        }),
      );
    }
  }
  return diagnostics;
}

/** The names of a cycle that begins and ends at `name`; undefined when it only leads to one. */
function cycleFrom(waiting: ReadonlyMap<string, string>, name: string): string[] | undefined {
  const cycle = [name];
  const seen = new Set(cycle);
  for (let at = waiting.get(name); at !== undefined && at !== name; at = waiting.get(at)) {
    if (seen.has(at)) return undefined;
    seen.add(at);
    cycle.push(at);
  }
  return waiting.get(cycle.at(-1) ?? name) === name ? cycle : undefined;
}

function cycleDiagnostic(rounds: VariableRounds, cycle: readonly string[], lenient: boolean): Diagnostic {
  const [first = '', ...others] = cycle;
  const spans = cycle.map((name, index) => ({ name, wanted: cycle[(index + 1) % cycle.length] ?? first }));
  const alone = others.length === 0;
  const what = alone
    ? `the variable "${first}" refers to itself`
    : `variables refer to one another in a circle: ${[...cycle, first].join(' -> ')}`;
  const message = lenient ? `${what}, so ${alone ? 'its value is' : 'their values are'} empty` : what;
  const notes = spans.slice(1).flatMap(({ name, wanted }) => {
    const span = callSpan(rounds, name, wanted);
    return span ? [{ message: `"${name}" refers to "${wanted}" here`, span }] : [];
  });
  const span = callSpan(rounds, first, spans[0]?.wanted ?? first);
  return (lenient ? warningAt : errorAt)(span, 'variable-cycle', message, {
    hint: 'give one of them a value that does not need the others',
    ...(notes.length > 0 && { notes }),
    component: `variable "${first}"`,
  });
}
