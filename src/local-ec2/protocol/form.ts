import { ApiError } from './errors.ts';

/** A request's parameters as the tree that their dotted names describe: `Filter.1.Value.2=x`. */
export interface FormNode {
  value: string | undefined;
  readonly children: Map<string, FormNode>;
}

const MAX_PARAMETERS = 10_000;
const MAX_DEPTH = 16;

function emptyNode(): FormNode {
  return { value: undefined, children: new Map() };
}

/** The tree of a form-encoded text. Throws MalformedQueryString for what cannot be decoded. */
export function parseForm(text: string): FormNode {
  const root = emptyNode();
  if (text === '') return root;
  const pairs = text.split('&');
  if (pairs.length > MAX_PARAMETERS)
    throw new ApiError('RequestEntityTooLarge', `The request has more than ${MAX_PARAMETERS} parameters`, 413);
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    insert(root, name, value);
  }
  return root;
}

function insert(root: FormNode, name: string, value: string): void {
  const parts = name.split('.');
  if (name === '' || parts.length > MAX_DEPTH)
    throw new ApiError(
      'MalformedQueryString',
      `The query string contains a malformed parameter name: ${name.slice(0, 80)}`,
    );
  let node = root;
  for (const part of parts) {
    let child = node.children.get(part);
    if (!child) {
      child = emptyNode();
      node.children.set(part, child);
    }
    node = child;
  }
  node.value = value;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new ApiError('MalformedQueryString', 'The query string contains a syntax error.');
  }
}

/** The tree as plain nested values, for call records. */
export function plainForm(node: FormNode): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const [name, child] of node.children) out[name] = child.children.size > 0 ? plainForm(child) : child.value;
  return out;
}
