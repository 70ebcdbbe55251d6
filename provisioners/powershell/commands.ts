import type { PowershellOptions } from './schema.ts';

/** In Packer's order: a number in the template is an index of this list. */
const POLICIES = ['bypass', 'allsigned', 'default', 'remotesigned', 'restricted', 'undefined', 'unrestricted', 'none'];

/** Keeps progress bars out of the output: over a remote shell they are noise, and slow. */
export const SILENCE =
  "if (Test-Path variable:global:ProgressPreference){set-variable -name variable:global:ProgressPreference -value 'SilentlyContinue'};";

/** The command that runs an uploaded script when the template has none; texts as Packer's documentation gives them. */
export function defaultCommand(options: PowershellOptions, inline: boolean): string {
  const given = options.execution_policy ?? 'bypass';
  const policy = /^\d$/.test(given) ? (POLICIES[Number(given)] ?? 'bypass') : given;
  const shell = policy === 'none' ? '' : `${options.use_pwsh ? 'pwsh' : 'powershell'} -executionpolicy ${policy} `;
  if (inline) return `${shell}-file {{.Path}}`;
  const trace = options.debug_mode ? `Set-PsDebug -Trace ${options.debug_mode};` : '';
  const body = `"& { ${SILENCE}${trace}. {{.Vars}}; &'{{.Path}}'; exit $LastExitCode }"`;
  return policy === 'none' ? body : `${shell}${options.use_pwsh ? '-command ' : ''}${body}`;
}

/**
 * The script that inline lines become. An error in them gives exit code 1; a native command's last exit code wins when
 * it is not 0.
 */
export function inlineWrapper(options: PowershellOptions, variables: string, lines: readonly string[]): string {
  return [
    SILENCE,
    ...(options.debug_mode ? [`Set-PsDebug -Trace ${options.debug_mode}`] : []),
    '$exitCode = 0',
    'try {',
    ...(variables ? [variables] : []),
    ...lines,
    '} catch {',
    '  Write-Error -ErrorAction Continue $_',
    '  $exitCode = 1',
    '}',
    'if ((Test-Path variable:global:LASTEXITCODE) -and $LASTEXITCODE -ne 0) { $exitCode = $LASTEXITCODE }',
    'exit $exitCode',
    '',
  ].join('\r\n');
}
