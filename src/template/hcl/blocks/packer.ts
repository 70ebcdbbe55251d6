import { type Diagnostic, errorAt } from '../../../sdk/diagnostics.ts';
import type { Span } from '../../../sdk/source.ts';
import { PACKER_COMPATIBLE_VERSION, parseVersion } from '../../version.ts';
import { evaluate } from '../eval/index.ts';
import type { Attribute, Block } from '../syntax/ast.ts';
import { openContent, readBody } from './content.ts';
import { PACKER } from './schemas.ts';
import { ArgumentReader, constantScope } from './values.ts';
import { parseConstraints, type VersionConstraint } from './version-constraint.ts';

/** An entry of `required_plugins`. */
export interface RequiredPlugin {
  readonly name: string;
  /** e.g. `github.com/hashicorp/amazon`. */
  readonly source: string;
  /** As written. */
  readonly version: string;
  readonly constraints: readonly VersionConstraint[];
  readonly span: Span;
}

const CONSTANT = constantScope('the packer block holds plain values only');

/** Checks required_version and reads required_plugins of all `packer` blocks. */
export function readPackerBlocks(blocks: readonly Block[], diagnostics: Diagnostic[]): RequiredPlugin[] {
  const plugins = new Map<string, RequiredPlugin>();
  for (const block of blocks) {
    const content = readBody(block.body, PACKER, 'the packer block', diagnostics);
    checkVersion(content.attributes, diagnostics);
    for (const list of content.blocks) {
      for (const attribute of openContent(list.body, diagnostics).attributes) {
        const plugin = readPlugin(attribute, diagnostics);
        const earlier = plugins.get(attribute.name);
        if (earlier) {
          diagnostics.push(
            errorAt(attribute.nameSpan, 'duplicate-plugin', `the plugin "${attribute.name}" is required twice`, {
              hint: 'delete one of the two',
              notes: [{ message: 'required here first', span: earlier.span }],
            }),
          );
        } else if (plugin) plugins.set(plugin.name, plugin);
      }
    }
  }
  return [...plugins.values()];
}

function checkVersion(attributes: ReadonlyMap<string, Attribute>, diagnostics: Diagnostic[]): void {
  const reader = new ArgumentReader(attributes, CONSTANT, diagnostics);
  const text = reader.text('required_version');
  if (text === undefined) return;
  const constraints = parseConstraints(text);
  if (!constraints) {
    reader.report(
      'required_version',
      'invalid-version',
      `"${text}" is not a version constraint`,
      'write one such as ">= 1.7.0" or "~> 1.8"',
    );
    return;
  }
  const core = parseVersion(PACKER_COMPATIBLE_VERSION);
  if (core && !constraints.every(one => one.admits(core))) {
    reader.report(
      'required_version',
      'unsupported-version',
      `this template is for Packer ${text}, and kiln reads the language of Packer ${PACKER_COMPATIBLE_VERSION}`,
      'widen the constraint if the template needs nothing newer or older',
    );
  }
}

function readPlugin(attribute: Attribute, diagnostics: Diagnostic[]): RequiredPlugin | undefined {
  const { name, expression } = attribute;
  const fail = (span: Span, message: string, hint?: string): undefined => {
    diagnostics.push(errorAt(span, 'invalid-plugin', message, hint === undefined ? {} : { hint }));
    return undefined;
  };
  const form = `write ${name} = { source = "github.com/OWNER/NAME", version = ">= 1.0.0" }`;
  if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name) || name.includes('--'))
    return fail(
      attribute.nameSpan,
      `"${name}" cannot be the name of a plugin`,
      'use small letters, digits and single dashes',
    );
  const before = diagnostics.length;
  const value = evaluate(expression, CONSTANT, diagnostics);
  if (diagnostics.length > before) return undefined;
  if (value.kind !== 'mapping') return fail(expression.span, `the requirement of "${name}" must be an object`, form);
  for (const key of value.entries.keys()) {
    if (key !== 'source' && key !== 'version') return fail(expression.span, `a required plugin has no "${key}"`, form);
  }
  const [source, version] = ['source', 'version'].map(key => value.entries.get(key));
  if (source?.kind !== 'string') return fail(expression.span, `the requirement of "${name}" has no source`, form);
  if (version?.kind !== 'string') return fail(expression.span, `the requirement of "${name}" has no version`, form);
  const constraints = parseConstraints(version.text);
  if (!constraints || constraints.some(one => one.version.prerelease !== '')) {
    return fail(
      expression.span,
      `"${version.text}" is not a version constraint for a plugin`,
      'write one such as ">= 1.0.0" or "~> 1"',
    );
  }
  const problem = sourceProblem(source.text);
  if (problem !== undefined)
    return fail(
      expression.span,
      `"${source.text}" is not the source of a plugin: ${problem}`,
      'write one such as "github.com/hashicorp/amazon"',
    );
  return { name, source: source.text, version: version.text, constraints, span: attribute.nameSpan };
}

function sourceProblem(source: string): string | undefined {
  const parts = source.split('/');
  const last = parts[parts.length - 1] ?? '';
  if (source.includes('://')) return 'it has a scheme';
  if (/[?#]/.test(source)) return 'it has a query or a fragment';
  if (parts.length < 3 || parts.length > 16) return 'it is a host and at least two names, separated by "/"';
  if (parts.some(part => part === '')) return 'a part between two "/" is empty';
  return last.startsWith('packer-') ? 'its last part begins with "packer-", which is left out here' : undefined;
}
