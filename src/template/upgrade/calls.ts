/** A value in HCL's form; `text` when it is a string that is known. */
export interface Code {
  readonly code: string;
  readonly text?: string;
  /** Whether it is a whole number as written. */
  readonly isNumber?: boolean;
}

/** What the names of a JSON template have become, and where the text stands that uses them. */
export interface Names {
  /** A user variable. */
  user(name: string): Code;
  /** `timestamp`, from a local of its own. */
  timestamp(): Code;
  /** An environment variable; undefined where it cannot be asked for. */
  env(name: string): Code | undefined;
  /** A secret of AWS Secrets Manager, from a data source; undefined where none can be used. */
  secret(name: string, key: string | undefined): Code | undefined;
  secretText(name: string): Code | undefined;
  /** Undefined where the text belongs to no build. */
  readonly buildName: string | undefined;
  readonly buildType: string | undefined;
  /** Values of the running build can be used. */
  readonly running: boolean;
}

type Translate = (args: readonly Code[], names: Names) => Code | undefined;

const expression = (code: string): Code => ({ code });

/** A function of the same arguments in HCL. */
function sameCall(name: string, least: number, most = least): Translate {
  return args =>
    args.length >= least && args.length <= most
      ? expression(`${name}(${args.map(({ code }) => code).join(', ')})`)
      : undefined;
}

function constant(code: string): Translate {
  return args => (args.length === 0 ? expression(code) : undefined);
}

/** HCL's replace takes a text in slashes for a regular expression. */
function replaceAll([part, by, text]: readonly Code[]): Code | undefined {
  if (!part || !by || !text || part.text === undefined || part.text === '' || /^\/.*\/$/s.test(part.text))
    return undefined;
  return expression(`replace(${text.code}, ${part.code}, ${by.code})`);
}

function split([text, separator, index]: readonly Code[]): Code | undefined {
  if (!text || !separator || !index?.isNumber || separator.text === '') return undefined;
  return expression(`split(${separator.code}, ${text.code})[${index.code}]`);
}

/** The template functions that HCL2 has something for. The others stay calls in double braces, which plugins render. */
export const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  user: ([name], names) => (name?.text === undefined ? undefined : names.user(name.text)),
  timestamp: (args, names) => (args.length === 0 ? names.timestamp() : undefined),
  env: ([name], names) => (name?.text === undefined ? undefined : names.env(name.text)),
  aws_secretsmanager: ([name, key], names) => {
    if (name?.text === undefined || (key && key.text === undefined)) return undefined;
    return names.secret(name.text, key?.text);
  },
  aws_secretsmanager_raw: ([name], names) => (name?.text === undefined ? undefined : names.secretText(name.text)),
  build: ([key], names) =>
    names.running && key?.text !== undefined && /^[A-Za-z_]\w*$/.test(key.text)
      ? expression(`build.${key.text}`)
      : undefined,
  build_name: (args, { buildName }) => (args.length === 0 && buildName ? expression(buildName) : undefined),
  build_type: (args, { buildType }) => (args.length === 0 && buildType ? expression(buildType) : undefined),
  isotime: sameCall('legacy_isotime', 0, 1),
  strftime: sameCall('legacy_strftime', 1),
  template_dir: constant('path.root'),
  pwd: constant('path.cwd'),
  packer_version: constant('packer.version'),
  uuid: constant('uuidv4()'),
  consul_key: sameCall('consul_key', 1),
  vault: sameCall('vault', 2),
  lower: sameCall('lower', 1),
  upper: sameCall('upper', 1),
  replace_all: replaceAll,
  split,
};

/** What to write by hand for the functions that stay. */
export const ADVICE: Readonly<Record<string, string>> = {
  clean_resource_name: 'in HCL2: regex_replace(TEXT, "[^A-Za-z0-9()./\' @_-]", "-")',
  replace: 'in HCL2: replace(TEXT, OLD, NEW), which replaces all',
  replace_all: 'in HCL2: replace(TEXT, OLD, NEW)',
  split: 'in HCL2: split(SEPARATOR, TEXT)[INDEX]',
  env: 'in HCL2: env("NAME") in the default of a variable',
  user: 'in HCL2: var.NAME',
  build: 'in HCL2: build.NAME, in provisioners and post-processors',
  sed: 'in HCL2: regex_replace(TEXT, PATTERN, NEW)',
};
