import { toText } from './number.ts';
import type { Value } from './value.ts';

/** A value as the console shows it: text as it is, lists and objects in HCL's own form, one element per line. */
export function showValue(value: Value): string {
  return value.kind === 'string' ? value.text : show(value, '');
}

function show(value: Value, indent: string): string {
  const inner = `${indent}  `;
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'unknown':
      return '<unknown>';
    case 'string':
      return JSON.stringify(value.text);
    case 'number':
      return toText(value.number);
    case 'bool':
      return String(value.flag);
    case 'sequence':
      if (value.items.length === 0) return '[]';
      return `[\n${value.items.map(item => `${inner}${show(item, inner)},\n`).join('')}${indent}]`;
    case 'mapping':
      if (value.entries.size === 0) return '{}';
      return `{\n${[...value.entries].map(([key, item]) => `${inner}${JSON.stringify(key)} = ${show(item, inner)}\n`).join('')}${indent}}`;
  }
}
