import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import type { Span } from '../../sdk/source.ts';
import { didYouMean, nearest } from '../../sdk/suggest.ts';
import { compareVersions, PACKER_COMPATIBLE_VERSION, parseVersion } from '../version.ts';
import { quoted } from './quote.ts';
import type { NameRef, RawTemplate } from './raw.ts';

interface Filtered {
  readonly label: string;
  readonly only: readonly NameRef[];
  readonly except: readonly NameRef[];
  readonly exceptSpan?: Span;
}

/** Packer's "template validate" phase: there are builders, and what refers to builders by name names ones that exist. */
export function checkTemplate(raw: RawTemplate): Diagnostic[] {
  const found: Diagnostic[] = [];
  const names = raw.builders.map(builder => builder.name);
  if (raw.root.members.every(member => member.key.toLowerCase() !== 'builders') || isEmptyList(raw)) {
    const hint = 'add one: "builders": [{"type": "amazon-ebs", ...}]';
    found.push(errorAt(raw.buildersSpan, 'no-builders', 'the template has no builders', { hint }));
  }
  // Builders that could not be read may be the very ones that are named.
  const complete = names.length === countOfBuilders(raw);
  const filtered: readonly Filtered[] = [...raw.provisioners, ...raw.sequences.flat()];
  for (const one of filtered) {
    if (one.only.length > 0 && one.except.length > 0) {
      const message = 'both "only" and "except" are given, where just one of them can apply';
      const notes = one.only[0] ? [{ message: '"only" is here', span: one.only[0].span }] : [];
      const hint = 'keep one of the two';
      found.push(errorAt(one.exceptSpan, 'only-and-except', message, { component: one.label, hint, notes }));
    }
    if (!complete) continue;
    for (const ref of [...one.only, ...one.except]) {
      if (!names.includes(ref.name)) found.push(unknownBuilder(ref, names, raw, one.label));
    }
  }
  if (complete) {
    for (const provisioner of raw.provisioners) {
      for (const override of provisioner.overrides) {
        if (!names.includes(override.name)) found.push(unknownBuilder(override, names, raw, provisioner.label));
      }
    }
  }
  return [...found, ...overrideTypes(raw)];
}

function countOfBuilders(raw: RawTemplate): number {
  const value = raw.root.members.find(member => member.key.toLowerCase() === 'builders')?.value;
  return value?.kind === 'array' ? value.items.length : value ? -1 : 0;
}

function isEmptyList(raw: RawTemplate): boolean {
  const value = raw.root.members.find(member => member.key.toLowerCase() === 'builders')?.value;
  return value?.kind === 'null' || (value?.kind === 'array' && value.items.length === 0);
}

function unknownBuilder(ref: NameRef, names: readonly string[], raw: RawTemplate, component: string): Diagnostic {
  const near = nearest(ref.name, names);
  const byType = raw.builders.find(builder => builder.type === ref.name);
  const known =
    names.length > 0 && names.length <= 12 ? `the builders are ${names.map(name => `${quoted(name)}`).join(', ')}` : '';
  const hint = near
    ? `did you mean ${quoted(near)}?`
    : byType
      ? `the builder of that type is called ${quoted(byType.name)}`
      : known || 'give the name of a builder; without a "name" a builder is called like its type';
  return errorAt(ref.span, 'unknown-builder-name', `no builder is called ${quoted(ref.name)}`, { hint, component });
}

function overrideTypes(raw: RawTemplate): Diagnostic[] {
  return [...raw.provisioners, ...(raw.errorCleanup ? [raw.errorCleanup] : [])].flatMap(provisioner =>
    provisioner.overrides
      .filter(({ value }) => value.kind !== 'object' && value.kind !== 'null')
      .map(({ name, value }) =>
        errorAt(value.span, 'wrong-type', `the override for ${quoted(name)} must be an object of options`, {
          component: provisioner.label,
        }),
      ),
  );
}

/** Compares `min_packer_version` with the version kiln is compatible with, which counts as a release. */
export function checkMinVersion(raw: RawTemplate): Diagnostic[] {
  const wanted = raw.minVersion;
  if (!wanted || wanted.value === '') return [];
  const version = parseVersion(wanted.value);
  if (!version) {
    const hint = 'write a version such as "1.7.0"';
    return [
      errorAt(wanted.span, 'bad-version', `"min_packer_version" is not a version: ${quoted(wanted.value)}`, { hint }),
    ];
  }
  const own = parseVersion(PACKER_COMPATIBLE_VERSION);
  if (own && compareVersions(own, version) >= 0) return [];
  const message = `the template wants Packer ${wanted.value} or newer, and kiln is compatible with ${PACKER_COMPATIBLE_VERSION}`;
  const hint = 'lower "min_packer_version" if the template uses nothing newer';
  return [errorAt(wanted.span, 'version-too-low', message, { hint })];
}

/** `-only` and `-except` that leave no build at all: told as a warning, with the names there are. */
export function nothingSelected(
  names: readonly string[],
  only: readonly string[],
  except: readonly string[],
): Diagnostic {
  const unmatched = only.find(name => !names.includes(name));
  const known = names.map(name => `${quoted(name)}`).join(', ');
  const hint = unmatched === undefined ? {} : didYouMean(unmatched, names);
  const flag = only.length > 0 ? `-only=${only.join(',')}` : `-except=${except.join(',')}`;
  return {
    severity: 'warning',
    code: 'nothing-selected',
    message: `${flag} leaves no build of this template, which has ${known}`,
    ...hint,
  };
}
