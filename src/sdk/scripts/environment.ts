import type { BuildInfo, PrepareContext } from '../plugin.ts';

interface EnvironmentOptions {
  readonly environment_vars?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Reports environment_vars that are not KEY=VALUE. */
export function checkEnvironment(options: EnvironmentOptions, context: PrepareContext): void {
  options.environment_vars?.forEach((text, index) => {
    if (text.indexOf('=') > 0) return;
    context.error(
      ['environment_vars', index],
      'bad-variable',
      `"${text}" is not a variable assignment`,
      'write it as KEY=VALUE',
    );
  });
}

/** Values the builder sets when it serves HTTP, by the name a script sees. */
const HTTP_VARIABLES = {
  PACKER_HTTP_ADDR: 'PackerHTTPAddr',
  PACKER_HTTP_IP: 'PackerHTTPIP',
  PACKER_HTTP_PORT: 'PackerHTTPPort',
} as const;

/**
 * All variables of a script, sorted by name in byte order: the ones always set, then environment_vars, then env, later
 * ones winning. Values are rendered once more with the run-time data.
 */
export function environmentOf(
  options: EnvironmentOptions,
  build: BuildInfo,
  buildData: Readonly<Record<string, string>>,
  render: (text: string) => string,
): [name: string, value: string][] {
  const variables = new Map<string, string>([
    ['PACKER_BUILD_NAME', build.name],
    ['PACKER_BUILDER_TYPE', build.builderType],
  ]);
  for (const [name, key] of Object.entries(HTTP_VARIABLES)) {
    const value = buildData[key];
    if (value && !value.startsWith('ERR_')) variables.set(name, value);
  }
  for (const text of options.environment_vars ?? []) {
    const at = text.indexOf('=');
    if (at > 0) variables.set(text.slice(0, at), text.slice(at + 1));
  }
  for (const [name, value] of Object.entries(options.env ?? {})) variables.set(name, value);
  return [...variables]
    .map(([name, value]): [string, string] => [name, value.includes('{{') ? render(value) : value])
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Go's Sprintf with two `%s`, as env_var_format uses it. */
export function formatVariable(format: string, name: string, value: string): string {
  const given = [name, value];
  return format.replace(/%(?:\[(\d)\])?([sv%])/g, (match, index: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (index !== undefined) return [name, value][Number(index) - 1] ?? match;
    return given.shift() ?? '%!s(MISSING)';
  });
}

/** A value for inside single quotes of a POSIX shell, as Packer escapes it. */
export function escapeSingleQuotes(value: string): string {
  return value.replaceAll("'", `'"'"'`);
}

/** A value for inside double quotes of PowerShell: a backquote before each of ` $ " '. */
export function escapePowerShell(value: string): string {
  return value.replace(/[`$"']/g, '`$&');
}
