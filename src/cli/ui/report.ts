import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { type Io, wantsColor } from '../io.ts';
import type { OutputMode } from '../output-mode.ts';
import { SecretMask } from '../secret-mask.ts';
import { diagnosticToJson, formatDiagnostic, githubAnnotation } from './diagnostics.ts';
import { machineLine } from './machine-line.ts';
import { styleFor } from './style.ts';

/** Most findings printed one by one; a broken file can have thousands. */
const MOST = 100;

/** Prints findings in the output mode asked for: to stderr for people, to stdout for programs; secrets nowhere. */
export function reportDiagnostics(
  io: Io,
  mode: OutputMode,
  diagnostics: readonly Diagnostic[],
  secrets: SecretMask = new SecretMask([]),
): void {
  const clean = diagnostics.map(one => masked(one, secrets.mask));
  const shown = mode.kind === 'json' ? clean : clean.slice(0, MOST);
  const style = styleFor(mode.kind === 'human' && wantsColor(io, 'stderr', mode.color));
  let text = '';
  for (const one of shown) {
    if (mode.kind === 'json') text += `${JSON.stringify({ type: 'diagnostic', ...diagnosticToJson(one) })}\n`;
    else if (mode.kind === 'machine')
      text += machineLine('', 'ui', [
        one.severity === 'error' ? 'error' : 'say',
        formatDiagnostic(one, style, secrets.find).trimEnd(),
      ]);
    else text += `${formatDiagnostic(one, style, secrets.find)}\n`;
  }
  const more = `... and ${diagnostics.length - shown.length} more`;
  if (diagnostics.length > shown.length)
    text += mode.kind === 'machine' ? machineLine('', 'ui', ['error', more]) : `${more}\n`;
  if (mode.kind === 'human') io.err(text);
  else io.out(text);
  if (mode.kind === 'human' && io.env['GITHUB_ACTIONS'] === 'true') io.out(clean.map(githubAnnotation).join(''));
}

function masked(one: Diagnostic, mask: (text: string) => string): Diagnostic {
  return {
    ...one,
    message: mask(one.message),
    ...(one.component && { component: mask(one.component) }),
    ...(one.hint && { hint: mask(one.hint) }),
    ...(one.notes && { notes: one.notes.map(note => ({ ...note, message: mask(note.message) })) }),
  };
}

/** Prints one failure that has no place in a template. */
export function reportFailure(io: Io, mode: OutputMode, message: string, hint?: string, code = 'failed'): void {
  reportDiagnostics(io, mode, [{ severity: 'error', code, message, ...(hint && { hint }) }]);
}
