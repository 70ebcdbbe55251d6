import type { Diagnostic } from '../../sdk/diagnostics.ts';
import { type Io, wantsColor } from '../io.ts';
import type { OutputMode } from '../output-mode.ts';
import { diagnosticToJson, formatDiagnostic, githubAnnotation } from './diagnostics.ts';
import { machineLine } from './machine-line.ts';
import { styleFor } from './style.ts';

/** Most findings printed one by one; a broken file can have thousands. */
const MOST = 100;

/** Prints findings in the output mode asked for: to stderr for people, to stdout for programs. */
export function reportDiagnostics(io: Io, mode: OutputMode, diagnostics: readonly Diagnostic[]): void {
  const shown = mode.kind === 'json' ? diagnostics : diagnostics.slice(0, MOST);
  const style = styleFor(mode.kind === 'human' && wantsColor(io, 'stderr', mode.color));
  let text = '';
  for (const one of shown) {
    if (mode.kind === 'json') text += `${JSON.stringify({ type: 'diagnostic', ...diagnosticToJson(one) })}\n`;
    else if (mode.kind === 'machine')
      text += machineLine('', 'ui', [
        one.severity === 'error' ? 'error' : 'say',
        formatDiagnostic(one, style).trimEnd(),
      ]);
    else text += `${formatDiagnostic(one, style)}\n`;
  }
  if (diagnostics.length > shown.length) text += `... and ${diagnostics.length - shown.length} more\n`;
  if (mode.kind === 'human') io.err(text);
  else io.out(text);
  if (mode.kind === 'human' && io.env['GITHUB_ACTIONS'] === 'true') io.out(diagnostics.map(githubAnnotation).join(''));
}

/** Prints one failure that has no place in a template. */
export function reportFailure(io: Io, mode: OutputMode, message: string, hint?: string, code = 'failed'): void {
  reportDiagnostics(io, mode, [{ severity: 'error', code, message, ...(hint && { hint }) }]);
}
