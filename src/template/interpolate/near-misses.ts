import { shorten } from './faults.ts';

/** What a user meant who wrote something that this template language does not have. */
interface Explanation {
  readonly message: string;
  readonly hint?: string;
}

/** A token that cannot stand where it was found. `where`: what was being read. */
export function explainUnexpected(token: string, where: string): Explanation {
  const message = token === '' ? `unexpected end in this ${where}` : `unexpected ${shown(token)} in this ${where}`;
  const hint = tokenHint(token, where);
  return hint === undefined ? { message } : { message, hint };
}

function shown(token: string): string {
  return token === '}}' || token.trim().endsWith('}}') ? 'end of the action' : `"${shorten(token)}"`;
}

function tokenHint(token: string, where: string): string | undefined {
  switch (token) {
    case '(':
      return where === 'call'
        ? 'a function is called without parentheses, arguments follow after spaces: {{ name `a` (other `b`) }}'
        : undefined;
    case ',':
      return 'arguments are separated by spaces, not commas';
    case '{':
    case '}':
      return 'actions are written {{ ... }}, with two braces on each side';
    case '/':
      return 'a comment follows {{ directly: {{/* ... */}}';
    case '&':
      return 'use the function and: {{ if and a b }}';
    case '!':
      return 'use the function not: {{ if not a }}';
    case '=':
    case ':=':
      return 'compare with eq: {{ if eq a `b` }}; only variables such as $x are assigned';
    case '<':
    case '>':
      return 'compare with lt, le, gt, ge: {{ if lt a 3 }}';
    case '?':
      return 'use {{ if a }}...{{ else }}...{{ end }}';
    case '|':
      return 'a value must stand on both sides of |; "or" is the function or: {{ or a b }}';
    case '[':
    case ']':
      return 'elements are read with index: {{ index .List 0 }}';
    default:
      return /^["'`]/.test(token) ? 'separate arguments by a space' : undefined;
  }
}

const RENAMED: Readonly<Record<string, string>> = {
  clean_ami_name: 'it is now called clean_resource_name; kiln fix rewrites it',
  clean_image_name: 'it is now called clean_resource_name; kiln fix rewrites it',
};

/** Objects of HCL2 templates, and how JSON templates say the same. */
const HCL_OBJECTS: Readonly<Record<string, string>> = {
  var: 'var.NAME belongs to HCL2 templates; here write {{ user `NAME` }}',
  local: 'local.NAME belongs to HCL2 templates; here write {{ user `NAME` }}',
  locals: 'locals belong to HCL2 templates; here use "variables" and {{ user `NAME` }}',
  data: 'data sources belong to HCL2 templates',
  source: 'source.name belongs to HCL2 templates; here write {{ build_name }}',
  path: 'path.root belongs to HCL2 templates; here write {{ template_dir }}',
  packer: 'packer.version belongs to HCL2 templates; here write {{ packer_version }}',
};

/** HCL2 functions that templates are tempted to use, with the engine's own way where there is one. */
const HCL_FUNCTIONS: Readonly<Record<string, string>> = {
  format: 'printf',
  formatdate: 'isotime or strftime',
  timeadd: '',
  join: '',
  concat: '',
  regex: '',
  regexall: '',
  regex_replace: 'replace_all',
  substr: 'slice',
  trim: '',
  trimspace: '',
  trimprefix: '',
  trimsuffix: '',
  title: '',
  length: 'len',
  element: 'index',
  lookup: 'index',
  coalesce: 'or',
  file: '',
  fileexists: '',
  templatefile: '',
  jsonencode: '',
  jsondecode: '',
  yamlencode: '',
  yamldecode: '',
  base64encode: '',
  base64decode: '',
  urlencode: 'urlquery',
  basename: '',
  dirname: '',
  abspath: '',
  uuidv4: 'uuid',
  uuidv5: '',
  merge: '',
  keys: '',
  values: '',
  contains: '',
  formatlist: 'printf',
  can: '',
  try: '',
  max: '',
  min: '',
};

const OTHER_ENGINES: Readonly<Record<string, string>> = {
  default: 'write {{ or value `default` }}',
  now: 'write {{ isotime }} or {{ timestamp }}',
  date: 'write {{ isotime `2006-01-02` }}',
  getenv: 'write {{ env `NAME` }} in the default of a variable',
  env_var: 'write {{ env `NAME` }} in the default of a variable',
  variable: 'write {{ user `NAME` }}',
  vars: 'write {{ user `NAME` }}',
  elif: 'write {{ else if ... }}',
  elseif: 'write {{ else if ... }}',
  endif: 'write {{ end }}',
  endfor: 'write {{ end }}',
  fi: 'write {{ end }}',
  for: 'write {{ range ... }}',
  foreach: 'write {{ range ... }}',
};

/** Advice for a function name that does not exist; undefined when only its spelling can help. */
export function unknownFunctionHint(name: string): string | undefined {
  const direct = RENAMED[name] ?? OTHER_ENGINES[name] ?? HCL_OBJECTS[name];
  if (direct !== undefined) return direct;
  if (!Object.hasOwn(HCL_FUNCTIONS, name)) return undefined;
  const own = HCL_FUNCTIONS[name];
  return `${name} is a function of HCL2 templates${own ? `; here use ${own}` : ' that {{ }} does not have'}`;
}

/** For a field followed by arguments. */
export function fieldWithArguments(field: string): string | undefined {
  const name = field.replace(/^[.$]/, '').split('.')[0] ?? '';
  return /^[a-z_]+$/.test(name) ? `functions are called without a dot: {{ ${name} ... }}` : undefined;
}
