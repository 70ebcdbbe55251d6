import { type Diagnostic, warningAt } from '../../sdk/diagnostics.ts';
import { parseDuration } from '../../sdk/duration.ts';
import { type ConfigNode, memberOf, type ObjectNode } from '../../sdk/node.ts';
import { missingType } from './builders.ts';
import { Fields, fieldOf, without } from './fields.ts';
import { quoted, shown } from './quote.ts';
import type { RawOverride, RawProvisioner } from './raw.ts';

const META_KEYS: ReadonlySet<string> = new Set([
  'type',
  'only',
  'except',
  'override',
  'pause_before',
  'max_retries',
  'timeout',
]);

/** Go durations are nanoseconds, and so are bare numbers in their place. */
const NANOSECONDS_PER_MILLISECOND = 1e6;

/** The elements of `provisioners`. */
export function decodeProvisioners(node: ConfigNode | undefined, found: Diagnostic[]): RawProvisioner[] {
  const hint = node?.kind === 'object' ? 'put it in a list: [ { ... } ]' : undefined;
  const items = new Fields(found).list(node, '"provisioners"', hint);
  return items.flatMap((item, index) => decodeProvisioner(item, `provisioner ${index + 1}`, found) ?? []);
}

/** One provisioner; its common keys are typed weakly, as Packer does. */
export function decodeProvisioner(node: ConfigNode, place: string, found: Diagnostic[]): RawProvisioner | undefined {
  if (node.kind !== 'object') {
    const hint = node.kind === 'string' ? `write {"type": ${quoted(node.value)}}` : undefined;
    new Fields(found, place).wrongType(node, place, 'an object', hint);
    return undefined;
  }
  const untyped = new Fields(found, place);
  const type = untyped.weakString(fieldOf(node, 'type'), `the type of ${place}`);
  const label = type?.value ? `${place} (${shown(type.value)})` : place;
  const fields = new Fields(found, label);
  const except = fieldOf(node, 'except');
  const maxRetries = fields.weakString(fieldOf(node, 'max_retries'), '"max_retries"');
  const decoded = {
    label,
    options: without(node, META_KEYS),
    only: fields.weakNames(fieldOf(node, 'only'), '"only"'),
    except: fields.weakNames(except, '"except"'),
    ...(except && { exceptSpan: except.span }),
    overrides: decodeOverrides(fieldOf(node, 'override'), fields),
    pauseBefore: decodeDuration(node, 'pause_before', fields, found, label),
    timeout: decodeDuration(node, 'timeout', fields, found, label),
    ...(maxRetries && { maxRetries }),
  };
  if (!type?.value) {
    missingType(node, place, untyped);
    return undefined;
  }
  return { ...decoded, type: type.value, typeSpan: type.span };
}

/** `override`: an object of builder name to options, or (weak typing) a list of such objects. */
function decodeOverrides(node: ConfigNode | undefined, fields: Fields): readonly RawOverride[] {
  if (node?.kind === 'array') return node.items.flatMap(item => decodeOverrides(item, fields));
  const object = fields.object(node, '"override"', 'write {"builder name": { options }}');
  return (object?.members ?? []).map(({ key, keySpan, value }) => ({ name: key, span: keySpan, value }));
}

/** Milliseconds; 0 when absent, negative or wrong. */
function decodeDuration(node: ObjectNode, key: string, fields: Fields, found: Diagnostic[], component: string): number {
  const value = memberOf(node, key)?.value;
  if (!value || value.kind === 'null' || value.kind === 'boolean') return 0;
  if (value.kind === 'number') {
    if (value.value !== 0) {
      const hint = `if seconds are meant write "${value.text}s"`;
      const message = `a bare number in "${key}" counts nanoseconds, so this is next to nothing`;
      if (value.value < 1e9) found.push(warningAt(value.span, 'bare-duration', message, { hint, component }));
    }
    return Math.max(0, Math.trunc(value.value) / NANOSECONDS_PER_MILLISECOND);
  }
  if (value.kind !== 'string') {
    fields.wrongType(value, `"${key}"`, 'a duration such as "30s"');
    return 0;
  }
  const milliseconds = parseDuration(value.value);
  if (milliseconds === undefined) {
    const hint = /^\d+(?:\.\d+)?$/.test(value.value)
      ? `the unit is missing: write "${value.value}s" for seconds`
      : value.value.includes('{{')
        ? 'it is read before variables are known: write the duration itself, e.g. "30s"'
        : 'write a number and a unit (ms, s, m, h), e.g. "30s" or "1h15m"';
    fields.report(value, 'bad-duration', `"${key}" is not a duration: ${quoted(value.value)}`, hint);
    return 0;
  }
  return Math.max(0, milliseconds);
}
