import type { DecodeFindings } from './decode-findings.ts';
import { parseDuration } from './duration.ts';
import type { ConfigNode } from './node.ts';
import type { Option } from './options.ts';

/** A value that was read; undefined: nothing is set, or it was wrong and the findings say so. */
export type Read = { readonly value: unknown } | undefined;

/** Text; numbers and booleans are spelled out. */
export function readString(node: ConfigNode, name: string, path: string, findings: DecodeFindings): Read {
  switch (node.kind) {
    case 'string':
      return { value: node.value };
    case 'number':
      return { value: node.text };
    case 'boolean':
      return { value: node.value ? '1' : '0' };
    case 'null':
      return { value: '' };
    case 'unknown':
      findings.unknown.add(path);
      return { value: '<unknown>' };
    default:
      return findings.mismatch(node, name, 'a string');
  }
}

/** True or false; unset stays unset for a tri-state. */
export function readBoolean(option: Option, node: ConfigNode, name: string, findings: DecodeFindings): Read {
  if (node.kind === 'boolean') return { value: node.value };
  if (node.kind === 'number') return { value: node.value !== 0 };
  if (node.kind === 'string') {
    // strconv.ParseBool's words; empty is false, or unset for a tri-state.
    if (node.value === '') return option.type === 'tri' ? undefined : { value: false };
    if (/^(1|t|T|true|TRUE|True)$/.test(node.value)) return { value: true };
    if (/^(0|f|F|false|FALSE|False)$/.test(node.value)) return { value: false };
  }
  return findings.mismatch(node, name, 'true or false');
}

/** A number, whole for integers. */
export function readNumber(type: Option['type'], node: ConfigNode, name: string, findings: DecodeFindings): Read {
  let value: number | undefined;
  if (node.kind === 'number') value = node.value;
  else if (node.kind === 'boolean') value = node.value ? 1 : 0;
  else if (node.kind === 'string') value = type === 'integer' ? parseGoInteger(node.value) : Number(node.value || 0);
  if (value === undefined || !Number.isFinite(value))
    return findings.mismatch(node, name, type === 'integer' ? 'a whole number' : 'a number');
  if (type === 'integer' && !Number.isInteger(value)) {
    findings.warn(node.span, 'fraction-dropped', `"${name}" takes a whole number; the fraction of ${value} is dropped`);
    value = Math.trunc(value);
  }
  return { value };
}

/** Milliseconds. */
export function readDuration(node: ConfigNode, name: string, findings: DecodeFindings): Read {
  // A bare number counts nanoseconds in Packer, which is hardly ever what was meant.
  if (node.kind === 'number') {
    if (node.value !== 0)
      findings.warn(
        node.span,
        'bare-duration',
        `"${name}" without a unit counts nanoseconds`,
        `write "${node.text}s" for seconds`,
      );
    return { value: node.value / 1e6 };
  }
  if (node.kind !== 'string') return findings.mismatch(node, name, 'a duration such as "5m" or "1h30m"');
  const value = parseDuration(node.value);
  if (value !== undefined) return { value };
  findings.error(
    node.span,
    'bad-duration',
    `"${node.value}" is not a duration`,
    'write it like "300ms", "90s", "5m" or "1h30m"',
  );
  return undefined;
}

/** Something of the right type for a value that is not known yet. */
export function placeholder(option: Option): unknown {
  switch (option.type) {
    case 'string':
    case 'any':
      return '<unknown>';
    case 'boolean':
    case 'tri':
      return false;
    case 'integer':
    case 'number':
    case 'duration':
      return option.min ?? 1;
    case 'map':
    case 'block':
    case 'block-map':
      return {};
    case 'strings':
      return ['<unknown>'];
    case 'string-lists':
      return [['<unknown>']];
    case 'integers':
      return [1];
    case 'blocks':
      return [{}];
  }
}

/** strconv.ParseInt(s, 0, ...): decimal, 0x, 0o, 0b and leading-zero octal, underscores between digits. */
function parseGoInteger(text: string): number | undefined {
  if (text === '') return 0;
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)$/.exec(text);
  if (!match) return undefined;
  const digits = (match[2] ?? '').replaceAll('_', '');
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -value : value;
}
